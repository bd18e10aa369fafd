"""The password in the wizard's mail step, where it waits sealed in the draft."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.install.models import SetupDraft
from app.runtime import EXTENSION
from tests.factories import csrf_of
from tests.mailer.pages import CHECKED, smtp
from tests.security.stored_password import SECRET, never_used
from tests.smtpd import Relay
from tests.wizard.walk import Walk

WIZARD: dict[str, dict[str, Any]] = {
    "host": {"host": "127.0.0.1"},
    "port": {"port": "elsewhere"},
    "tls": {"secure": None},
    "verification": {"ignore_tls_errors": CHECKED},
    "username": {"username": "novantra"},
}


@pytest.fixture
def walk(make_app: Callable[..., Flask], home: Relay) -> Walk:
    """In the wizard, a checked configuration waits with its password."""
    walk = Walk(make_app()).to_mail()
    typed = smtp(home, username="novantra@acme.test", password=SECRET) | {"action": "save_anyway"}
    sent = {name: value for name, value in typed.items() if value is not None}
    assert walk.send("/setup/mail", sent).status_code == 303
    return walk


def wizard_form(home: Relay, elsewhere: Relay, **changes: Any) -> dict[str, str]:
    typed = smtp(home, username="novantra@acme.test", password="") | changes
    typed = {n: str(elsewhere.port) if v == "elsewhere" else v for n, v in typed.items()}
    return {name: value for name, value in typed.items() if value is not None}


@pytest.mark.parametrize("action", ["save", "save_anyway", "check"])
@pytest.mark.parametrize("change", WIZARD)
def test_in_the_wizard_too_a_changed_destination_asks_again(
    walk: Walk, home: Relay, elsewhere: Relay, change: str, action: str
) -> None:
    form = wizard_form(home, elsewhere, action=action, **WIZARD[change])
    answer = walk.send("/setup/mail", form)
    assert answer.status_code == 422
    assert "Type the password again" in answer.text
    assert never_used(home, elsewhere)


@pytest.mark.parametrize("action", ["save", "save_anyway"])
def test_in_the_wizard_a_relay_without_a_login_gets_no_password(
    walk: Walk, home: Relay, elsewhere: Relay, action: str
) -> None:
    """Without a user name nobody logs in: the kept password is dropped, also for the way back."""
    form = wizard_form(home, elsewhere, action=action, username="")
    assert walk.send("/setup/mail", form).status_code == 303
    back = wizard_form(home, elsewhere, action="check")
    walk.send("/setup/mail", back)
    assert never_used(home, elsewhere)


@pytest.mark.parametrize("provider", ["microsoft365", "ses", "console"])
def test_in_the_wizard_another_provider_starts_without_a_password(
    walk: Walk, home: Relay, elsewhere: Relay, provider: str
) -> None:
    more = {"region": "eu-west-1", "username": "AKIAIOSFODNN7EXAMPLE"} if provider == "ses" else {}
    form = wizard_form(home, elsewhere, provider=provider, action="save", **more)
    answer = walk.send("/setup/mail", form)
    assert answer.status_code == (303 if provider == "console" else 422)
    if provider == "console":
        back = wizard_form(home, elsewhere, action="check")
        assert walk.send("/setup/mail", back).status_code == 200
    assert never_used(home, elsewhere)


def test_in_the_wizard_another_region_asks_again(walk: Walk, home: Relay) -> None:
    ses = {
        "provider": "ses",
        "sender_address": "novantra@acme.test",
        "host": "localhost",
        "port": str(home.port),
        "region": "eu-west-1",
        "username": "AKIAIOSFODNN7EXAMPLE",
        "connection_timeout": "2",
    }
    typed = ses | {"password": "B" + "A" * 43, "action": "save_anyway"}
    assert walk.send("/setup/mail", typed).status_code == 303
    for action in ("save", "save_anyway", "check"):
        moved = ses | {"region": "us-east-1", "password": "", "action": action}
        answer = walk.send("/setup/mail", moved)
        assert answer.status_code == 422
        assert "the region changed" in answer.text
    assert never_used(home)


def test_in_the_wizard_the_button_of_another_port_asks_again(
    walk: Walk, home: Relay, elsewhere: Relay
) -> None:
    form = wizard_form(home, elsewhere, use=f"{elsewhere.port}:on")
    assert walk.send("/setup/mail", form).status_code == 422
    assert never_used(home, elsewhere)


@pytest.mark.parametrize("action", ["save", "save_anyway", "check"])
def test_in_the_wizard_no_race_gives_one_relay_the_password_of_another(
    walk: Walk,
    home: Relay,
    elsewhere: Relay,
    action: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between a look at the draft and the write, the owner saves another relay's password."""
    from wizard.views import mail

    app = walk.app
    other = Walk(app)
    other.begin()
    evil = wizard_form(
        home, elsewhere, port="elsewhere", password="of no worth", action="save_anyway"
    )
    assert other.send("/setup/mail", evil).status_code == 303
    keep_evil = wizard_form(home, elsewhere, port="elsewhere", action=action, sender_name="x")
    token = csrf_of(other.get("/setup/mail").data)
    owners = wizard_form(home, elsewhere, password=SECRET, action="save")
    really = mail._password_fits
    answers: list[int] = []

    def and_meanwhile(*arguments: Any) -> bool:
        monkeypatch.setattr(mail, "_password_fits", really)
        with ThreadPoolExecutor(1) as another:  # a request of its own, beside this one
            meanwhile = another.submit(walk.send, "/setup/mail", owners)
            answers.append(meanwhile.result().status_code)
        return really(*arguments)

    monkeypatch.setattr(mail, "_password_fits", and_meanwhile)
    answer = other.client.post("/setup/mail", data={"csrf_token": token, **keep_evil})
    assert answers == [303]
    assert answer.status_code == 409
    with app.extensions[EXTENSION].database.session(reading=True) as session:
        assert port_of(session) == home.port
    assert SECRET not in str(elsewhere.auth_attempts)


def port_of(session: Session) -> int:
    row = session.get(SetupDraft, 1)
    assert row is not None
    port = row.answers["mail"]["port"]
    assert isinstance(port, int)
    return port
