"""What tests of real mail servers share: an administrator's desk, and what is typed for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.mail.replies import Reply
from app.mail.smtp.session import Session
from app.mail.smtp.transaction import Told
from app.runtime import Runtime
from tests.certificates import ca_file
from tests.conftest import Clock
from tests.desk import Desk
from tests.mailer.pages import CHECKED, MailerPage
from tests.relays import dovecot, exim, postfix


@pytest.fixture
def desk(
    admin_client: FlaskClient, runtime: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """The mailer page and the outbox; the certificates of the tests are known to the system."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    desk = Desk(MailerPage(admin_client), runtime, clock)
    yield desk
    desk.close()


def through(relay: postfix.Postfix | exim.Exim | dovecot.Dovecot, **changes: Any) -> dict[str, Any]:
    """What an administrator types for that relay."""
    module = {postfix.Postfix: postfix, exim.Exim: exim, dovecot.Dovecot: dovecot}[type(relay)]
    return {
        "provider": "smtp",
        "sender_address": "novantra@acme.test",
        "sender_name": "Acme HR",
        "host": "localhost",
        "port": str(relay.port),
        "secure": CHECKED,
        "username": module.USER,
        "password": module.PASSWORD,
        "connection_timeout": "5",
    } | changes


def without_chunks(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Session], list[str]]:
    """Relays are spoken to as if they did not offer CHUNKING. Returns the sessions that are opened
    from now on, and the Message-IDs that relays are told of behind a dot."""
    opened: list[Session] = []
    told: list[str] = []
    hello, send_body = Session.hello, Session.send_body

    def hello_without_chunks(session: Session) -> None:
        hello(session)
        session.offers = {k: v for k, v in session.offers.items() if k != "CHUNKING"}
        if session not in opened:
            opened.append(session)

    def noting(session: Session, message: bytes, following: Told | None = None) -> Reply:
        if following is not None:
            told.append(following.message_id)
        return send_body(session, message, following)

    monkeypatch.setattr(Session, "hello", hello_without_chunks)
    monkeypatch.setattr(Session, "send_body", noting)
    return opened, told
