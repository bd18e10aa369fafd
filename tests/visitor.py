"""A person with a browser and no JavaScript, and the mailbox their mail arrives in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.database import utcnow
from app.mailer.models import MailerConfiguration
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.factories import PASSWORD, csrf_of
from tests.smtpd import Received, Relay


@dataclass
class Visitor:
    """Opens pages and sends their forms."""

    client: FlaskClient

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def submit(
        self,
        path: str,
        *,
        to: str | None = None,
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> TestResponse:
        """Open a page and send its form, to ``to`` when that is another address."""
        token = csrf_of(self.client.get(path, headers=headers or {}).data)
        return self.client.post(
            to or path, data={"csrf_token": token, **fields}, headers=headers or {}
        )

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        return self.submit("/login", email=email, password=password)


class Mailbox:
    """What a relay received from the install's own worker step."""

    def __init__(self, runtime: Runtime, relay: Relay) -> None:
        self._runtime = runtime
        self.relay = relay

    def deliver(self) -> list[Received]:
        """Let the worker do all it can; what arrived by that."""
        before = len(self.relay.envelopes)
        while deliver_next(self._runtime):
            pass
        return self.relay.envelopes[before:]

    def only(self, to: str) -> Received:
        """Deliver; the one mail that came, which went to that address."""
        mails = self.deliver()
        assert [mail.rcpt_to for mail in mails] == [to]
        return mails[0]


def configure_mail(session: Session, relay: Relay, *, sender_name: str = "Acme HR") -> None:
    """Point the install at a relay; the caller commits."""
    session.add(
        MailerConfiguration(
            provider="smtp",
            sender_address="novantra@acme.test",
            sender_name=sender_name,
            host=relay.host,
            port=relay.port,
            secure=False,
            updated_at=utcnow(),
            updated_by="alice@acme.test",
        )
    )


def link_in(mail: Received) -> str:
    """The path of the one link with a secret in the plain text."""
    found = set(re.findall(r"https?://[^/\s]+(/(?:reset-password|verify-email)/\S+)", mail.text))
    assert len(found) == 1, mail.text
    return str(found.pop())


def code_in(mail: Received) -> str:
    """The code that stands alone on its line in the plain text."""
    found = re.findall(r"^\s*([A-Z0-9]{8})\s*$", mail.text, re.MULTILINE)
    assert len(found) == 1, mail.text
    return str(found[0])
