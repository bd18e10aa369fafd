"""Mail without a password in the wizard: what can be done there, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.outbox.worker import deliver_next
from app.runtime import EXTENSION
from tests.certificates import ca_file
from tests.mailer.pages import Page
from tests.mailer.test_ways_to_sign_in import SECRET, google, key_file, microsoft
from tests.oauth_server import TokenServer
from tests.smtpd import Relay
from tests.tokens import TOKEN
from tests.wizard.walk import Walk

MAILBOX = "novantra@acme.test"


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as running:
        yield running


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    with Relay(
        tls="starttls", users={MAILBOX: TOKEN}, mechanisms=("XOAUTH2",), require_auth=True
    ) as running:
        yield running


@pytest.fixture
def walk(make_app: Callable[..., Flask], server: TokenServer) -> Walk:
    return Walk(make_app(oauth_microsoft=server.base, oauth_google=server.base)).to_mail()


def answer(relay: Relay, fields: dict[str, Any], **changes: str) -> dict[str, Any]:
    there = {"host": "localhost", "port": str(relay.port), "connection_timeout": "3"}
    return {**fields, **there, "shown": fields["provider"], "action": "save", **changes}


def words(text: str) -> str:
    class Answer:
        status_code = 200

        def get_data(self, *, as_text: bool) -> str:
            return text

    return Page(Answer()).words  # type: ignore[arg-type]


def test_an_application_is_checked_to_the_end_and_sends_the_first_mail(
    walk: Walk, server: TokenServer, relay: Relay
) -> None:
    sent = walk.send("/setup/mail", answer(relay, microsoft("app")))
    assert sent.status_code == 303, words(sent.text)
    assert server.asked[0]["client_secret"] == SECRET
    review = walk.get("/setup/review").text
    assert "not-connected" not in review
    assert "10 of 10 steps" in words(review)
    assert walk.finish().location == "/admin/system"
    while deliver_next(walk.app.extensions[EXTENSION]):
        pass
    (mail,) = relay.envelopes
    assert "/verify-email/" in mail.text


def test_a_service_account_is_checked_to_the_end(
    walk: Walk, server: TokenServer, relay: Relay
) -> None:
    fields = google("service_account", service_account_key=key_file())
    sent = walk.send("/setup/mail", answer(relay, fields))
    assert sent.status_code == 303, words(sent.text)
    assert "PRIVATE KEY" not in walk.get("/setup/mail").text
    assert walk.finish().location == "/admin/system"


def test_a_refused_secret_keeps_the_step_open_at_the_token(
    walk: Walk, server: TokenServer, relay: Relay
) -> None:
    server.answers = [(401, {"error": "invalid_client", "error_codes": [7000215]})]
    sent = walk.send("/setup/mail", answer(relay, microsoft("app")))
    assert sent.status_code == 422
    assert 'data-step="token" data-state="failed"' in sent.text
    assert "AADSTS7000215" in sent.text
    assert SECRET not in sent.text


@pytest.mark.parametrize(
    ("fields", "button"),
    [
        (microsoft("person"), "press Connect"),
        (microsoft("device"), "press Get a code"),
        (google("person"), "press Connect"),
        (microsoft("app", client_credential="certificate", client_secret=""), "certificate"),
    ],
    ids=["person", "device", "person at Google", "certificate"],
)
def test_what_has_to_wait_for_the_end_of_setup_is_said_and_stays_true(
    walk: Walk, server: TokenServer, relay: Relay, fields: dict[str, Any], button: str
) -> None:
    sent = walk.send("/setup/mail", answer(relay, fields))
    assert sent.status_code == 303, words(sent.text)
    assert server.asked == []
    review = walk.get("/setup/review").text
    assert 'id="not-connected"' in review
    assert "not connected yet" in words(review)
    assert button in words(review)
    assert "Send a test email" not in words(review)
    assert walk.finish().location == "/admin/system"
    page = Page(walk.client.get("/admin/system/mailer"))  # type: ignore[arg-type]
    assert page.fact("mail-state") == "configured"
    assert page.fact("token-state") == "none"
    if fields["login_method"] != "app":
        assert page.fact("mail-health") == "failing"
    else:
        assert "BEGIN CERTIFICATE" in walk.client.get("/admin/system/mailer/certificate").text
    assert relay.envelopes == []


def test_a_way_is_chosen_by_the_address(walk: Walk) -> None:
    for way in ("app", "person", "device", "password"):
        page = walk.get(f"/setup/mail?provider=microsoft365&login_method={way}").text
        assert f'id="login_method-{way}" checked' in page
    assert "Finish setup" in walk.get("/setup/mail?provider=google&login_method=person").text


def test_a_key_file_of_a_megabyte_is_refused_beside_its_field(walk: Walk, relay: Relay) -> None:
    fields = google("service_account", service_account_key="{" * 1_048_576)
    sent = walk.send("/setup/mail", answer(relay, fields))
    assert sent.status_code == 422
    assert 'id="service_account_key-error-1"' in sent.text
    assert MAILBOX in sent.text
