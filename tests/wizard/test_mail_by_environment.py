"""The mail step where the environment decides: done, set by it, and to be tried."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.mailer.active import mail_state
from app.mailer.models import MailerConfiguration
from app.mailer.noting import note
from app.outbox.models import OutboxMessage
from app.runtime import EXTENSION, Runtime
from tests.mailer.declared import to_relay, variables
from tests.smtpd import Relay
from tests.wizard.walk import Walk


@pytest.fixture
def start(make_app: Callable[..., Flask]) -> Callable[..., tuple[Walk, Runtime]]:
    def begin(**fields: str) -> tuple[Walk, Runtime]:
        app = make_app(mail=variables(**fields))
        return Walk(app), app.extensions[EXTENSION]

    return begin


def test_the_step_is_done_and_setup_goes_on(start: Callable[..., tuple[Walk, Runtime]]) -> None:
    with Relay() as relay:
        walk, live = start(**to_relay(relay))
        walk.to_mail()
        page = walk.get("/setup/review")
        assert page.status_code == 200, "nothing is asked"
        row = page.text.partition("<dt>Mail</dt>")[2].partition("</div>")[0]
        assert "Mail is set by the environment, and changed there." in row
        assert "<a " not in row, "nothing there can be changed here"
        assert f"{relay.host}:{relay.port}" in page.text
        assert walk.finish().status_code == 303
        with live.database.session(reading=True) as session:
            assert mail_state(session, live) == "configured"
            assert session.get(MailerConfiguration, 1) is None
            assert [m.kind for m in session.scalars(select(OutboxMessage))] == ["verify-email"]
            events = [e for e in session.scalars(select(AuditEvent)) if e.target == "mailer"]
        assert [(event.tag, event.actor) for event in events] == [
            ("mailer:created", "the environment")
        ]
        assert not note(live, starting=True), "it was noted when setup ended"


def test_it_can_be_checked_and_tested(start: Callable[..., tuple[Walk, Runtime]]) -> None:
    with Relay() as relay:
        walk, _ = start(**to_relay(relay))
        walk.to_mail()
        page = walk.get("/setup/mail")
        assert "from NOVANTRA_MAIL_HOST" in page.text
        assert 'name="host"' not in page.text
        checked = walk.send("/setup/mail", {"action": "check"})
        assert 'id="check-passed"' in checked.text
        tested = walk.send("/setup/mail", {"action": "test"})
        assert "The relay took a test email" in tested.text
        assert [mail.rcpt_to for mail in relay.envelopes] == ["alice@acme.test"]
        gone_on = walk.send("/setup/mail", {"action": "continue"})
        assert (gone_on.status_code, gone_on.location) == (303, "/setup/review")


def test_what_is_typed_there_changes_nothing(start: Callable[..., tuple[Walk, Runtime]]) -> None:
    with Relay() as relay, Relay() as foreign:
        walk, live = start(**to_relay(relay))
        walk.to_mail()
        walk.send(
            "/setup/mail", {"action": "save_anyway", "provider": "smtp", "host": foreign.host}
        )
        walk.finish()
        assert foreign.connections == 0
        with live.database.session(reading=True) as session:
            assert session.get(MailerConfiguration, 1) is None


def test_what_cannot_be_used_keeps_nobody_from_finishing(
    start: Callable[..., tuple[Walk, Runtime]],
) -> None:
    walk, live = start(HOST="relay.acme.test", PORT="abc", SENDER_ADDRESS="n@acme.test")
    walk.to_mail()
    assert "NOVANTRA_MAIL_PORT cannot be used" in walk.get("/setup/mail").text
    assert "NOVANTRA_MAIL_PORT cannot be used" in walk.get("/setup/review").text
    assert 'href="/setup/mail">Change' not in walk.get("/setup/review").text
    assert walk.finish().status_code == 303
    with live.database.session(reading=True) as session:
        assert mail_state(session, live) == "pending"
