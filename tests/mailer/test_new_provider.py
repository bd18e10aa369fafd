"""A provider is one folder: one that nobody has heard of is written, registered and used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module, invalidate_caches
from pathlib import Path
from textwrap import dedent

import pytest
from flask import Flask

from app.mail.failures import FailureCode, FailureContext, advice, explain, providers
from app.mailer.forms import FORMS
from app.mailer.providers import PROVIDERS, register
from app.outbox.worker import deliver_next
from app.runtime import EXTENSION
from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import MailerPage
from tests.smtpd import Relay
from tests.wizard.walk import Walk

FOLDER = {
    "__init__.py": "",
    "provider.py": """
        from app.mailer.providers.base import Provider, Remark
        from app.mailer.settings import Settings
        from pigeon_post.advice import ADVICE


        class PigeonPost(Provider):
            value = "pigeon"
            title = "Pigeon Post"
            summary = "From roof to roof"
            about = ("The number of the nest stands on its ring.",)
            needs_password = True
            sends_as_login = True
            advice = ADVICE
            domains = ("pigeon.example",)
            names = ("carrier pigeon",)

            def defaults(self):
                return Settings(self.value, host="localhost", port=587)

            def problems(self, settings, typed):
                if "@" in (settings.username or ""):
                    yield Remark("username", "A nest has a number and no address.")

            def hints(self, settings, typed):
                if settings.sender_name == "Cat":
                    yield Remark("sender_name", "Pigeons do not like this name.")

            def owns(self, host):
                return host.endswith(".pigeon.example")

            def relay_problems(self, settings):
                if settings.port == 465 and self.owns(settings.host or ""):
                    yield Remark("port", "No pigeon lands on 465.")
    """,
    "form.py": """
        from app.mailer.forms.base import NetworkForm
        from app.mailer.forms.fields import PrefilledLine, ValidHost


        class Form(NetworkForm):
            provider_value = "pigeon"
            on_page = ("sender_address", "sender_name", "username", "password", "port")
            host = PrefilledLine("Roof", [ValidHost()], default="localhost")
    """,
    "advice.py": """
        from app.mail.failures.codes import FailureCode as Code
        from app.mail.failures.entries import Advice

        ADVICE = {
            Code.AUTH_BAD_CREDENTIALS: Advice(
                fix=("Read the ring of {user} once more.",), field="username", replaces=True
            ),
        }
    """,
    "fields.html": """
        {% from "components/forms.html" import field, fields %}
        {% from "components/page.html" import card %}
        {% from "mailer/_field_parts.html" import heed, host, password, timeout, username %}

        {%- macro connection(form, hints) -%}
        {% call card("Pigeon Post", form.provider.about[0]) %}
        {% call fields() %}
        {{ username(form, hints, "As it stands on the ring <of the pigeon>.") }}
        {{ password(form, hints) }}
        {{ host(form, hints) }}
        {{ field(form.port, hint=heed(hints, "port")) }}
        {{ timeout(form, hints) }}
        {% endcall %}
        {% endcall %}
        {%- endmacro %}
    """,
}


@pytest.fixture(autouse=True)
def _pigeon_post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder, and the one line that registers it; both are gone after the test."""
    folder = tmp_path / "roofs" / "pigeon_post"
    folder.mkdir(parents=True)
    for name, text in FOLDER.items():
        (folder / name).write_text(dedent(text), encoding="utf-8")
    monkeypatch.syspath_prepend(folder.parent)
    invalidate_caches()
    for module in ("", ".advice", ".provider", ".form"):
        monkeypatch.delitem(sys.modules, f"pigeon_post{module}", raising=False)
    monkeypatch.setattr(providers, "_DOMAINS", dict(providers._DOMAINS))
    monkeypatch.setattr(providers, "_NAMES", list(providers._NAMES))
    provider = import_module("pigeon_post.provider").PigeonPost()
    monkeypatch.setitem(PROVIDERS, provider.value, provider)
    monkeypatch.setitem(advice.BY_PROVIDER, provider.value, {})
    register(provider)


def answers(relay: Relay, **changes: str) -> dict[str, str]:
    return {
        "provider": "pigeon",
        "sender_address": "novantra@acme.test",
        "sender_name": "Acme HR",
        "username": "novantra",
        "password": PASSWORD,
        "host": "localhost",
        "port": str(relay.port),
        "connection_timeout": "3",
        **changes,
    }


def test_its_card_and_its_fields_are_on_the_page_with_what_it_says(page: MailerPage) -> None:
    shown = page.open("pigeon")
    assert shown.status == 200
    for words in ("From roof to roof", "The number of the nest stands on its ring.", "Roof"):
        assert words in shown.words
    assert shown.fields["port"] == "587"
    assert "data-sender" in shown.text
    assert "From roof to roof" in page.open("smtp").words


def test_what_goes_into_its_fields_is_escaped_like_everywhere(
    page: MailerPage, relay: Relay
) -> None:
    answer = page.save(**answers(relay, port="<b>", username="<i>nest"))
    assert answer.status == 422
    assert "&lt;i&gt;nest" in answer.text
    assert "<i>nest" not in answer.text


def test_its_own_mistakes_are_refused_and_its_hints_are_shown(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    refused = page.save(**answers(relay, username="nest@acme.test", sender_name="Cat"))
    assert refused.status == 422
    assert refused.errors("username") == ["A nest has a number and no address."]
    assert "Pigeons do not like this name." in refused.words
    assert stored.row is None


def test_its_relays_are_recognised_where_they_are_typed_as_any_relay(
    page: MailerPage, relay: Relay
) -> None:
    host = "roof.pigeon.example"
    refused = page.save(**answers(relay, provider="smtp", host=host, port="465", secure="y"))
    assert refused.errors("port") == ["No pigeon lands on 465."]
    assert "For this relay, choose Pigeon Post above" in refused.words


def test_a_check_and_a_test_mail_go_through_its_relay(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    checked = page.check(**answers(relay))
    assert set(checked.steps().values()) == {"passed"}
    assert page.save(**answers(relay)).status == 303
    assert stored.only.provider == "pigeon"
    assert page.send_test().status == 303
    (mail,) = relay.envelopes
    assert mail.rcpt_to == "alice@acme.test"
    assert mail.encrypted


def test_a_failure_is_explained_with_its_advice(page: MailerPage, relay: Relay) -> None:
    failed = page.check(**answers(relay, password="another-than-his"))
    assert failed.diagnoses == [FailureCode.AUTH_BAD_CREDENTIALS]
    assert "Read the ring of novantra once more." in failed.words
    by_host = FailureContext(provider="smtp", host="roof.pigeon.example", username="17")
    by_name = FailureContext(provider="our carrier pigeon", username="17")
    for context in (by_host, by_name):
        found = explain(FailureCode.AUTH_BAD_CREDENTIALS, context)
        assert found.fix == ("Read the ring of 17 once more.",)


def test_a_password_typed_for_it_goes_nowhere_else(page: MailerPage, relay: Relay) -> None:
    assert page.save(**answers(relay)).status == 303
    with Relay() as elsewhere:
        refused = page.check(**answers(elsewhere, password=""))
        assert refused.status == 422
        assert "Type the password again" in refused.errors("password")[0]
        assert elsewhere.received("EHLO") == 0


def test_the_wizard_offers_it_and_the_first_mail_leaves_through_it(
    make_app: Callable[..., Flask], relay: Relay
) -> None:
    walk = Walk(make_app()).to_mail()
    shown = walk.get("/setup/mail?provider=pigeon").text
    assert 'id="provider-pigeon" checked' in shown
    assert "As it stands on the ring" in shown
    assert "novantra@acme.test" not in shown, "only its owner knows the mailbox that logs in"
    sent = {**answers(relay), "shown": "pigeon", "action": "save_anyway"}
    assert walk.send("/setup/mail", sent).status_code == 303
    assert "Pigeon Post" in walk.get("/setup/review").text
    assert walk.finish().location == "/admin/system"
    while deliver_next(walk.app.extensions[EXTENSION]):
        pass
    (mail,) = relay.envelopes
    assert "/verify-email/" in mail.text


def test_its_form_is_loaded_for_pages_alone() -> None:
    assert "pigeon_post.provider" in sys.modules
    assert "pigeon_post.form" not in sys.modules
    assert FORMS["pigeon"].provider_value == "pigeon"
    assert "pigeon_post.form" in sys.modules
