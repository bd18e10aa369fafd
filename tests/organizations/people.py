"""How tests of organizations act and look: posting as a browser does, and reading waiting mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.mailer.models import MailerConfiguration
from app.organizations.models import Organization
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from app.sealing import OUTBOX_BYTES
from tests.factories import csrf_of

MEMBERS = "/organizations/acme/members"
INVITATIONS = "/organizations/acme/invitations"


@dataclass(frozen=True)
class Mail:
    """A mail that waits, opened."""

    kind: str
    to: str
    state: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def link(self) -> str:
        """The path of the invitation link."""
        found = re.search(r"https://hr\.acme\.test(/invitations/\S+)", self.text)
        assert found, "no invitation link in the mail"
        return found[1]

    @property
    def code(self) -> str:
        found = re.search(r"^\s*(\d{6})\s*$", self.text, re.MULTILINE)
        assert found, "no code alone on its line"
        return found[1]

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content())


def configure_mail(session: Session, runtime: Runtime) -> None:
    """The console provider: enough for mail to be composed and to wait."""
    session.add(
        MailerConfiguration(
            provider="console",
            sender_address="novantra@acme.test",
            sender_name="Acme",
            updated_at=runtime.now(),
            updated_by="a test",
        )
    )
    session.commit()


def waiting_mail(session: Session, runtime: Runtime) -> list[Mail]:
    """Every mail that was not sent or cancelled, oldest first."""
    session.rollback()
    rows = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.sealed_bytes.is_not(None))
        .order_by(OutboxMessage.id)
        .execution_options(populate_existing=True)
    ).all()
    mails = []
    for row in rows:
        assert row.sealed_bytes is not None
        content = runtime.box.open(row.sealed_bytes, OUTBOX_BYTES.place_in(row))
        message = BytesParser(policy=default).parsebytes(content)
        assert isinstance(message, EmailMessage)
        mails.append(Mail(row.kind, row.rcpt_to, row.state, message))
    session.rollback()
    return mails


def acme(session: Session) -> Organization:
    return session.scalars(select(Organization).where(Organization.slug == "acme")).one()


def post(client: FlaskClient, path: str, page: str | None = None, **fields: str) -> TestResponse:
    """Send a form as the browser would, with the token of ``page`` (the same path if not told)."""
    token = csrf_of(client.get(page or path, follow_redirects=True).data)
    return client.post(path, data={"csrf_token": token, **fields})


def invite(client: FlaskClient, **fields: str) -> TestResponse:
    fields.setdefault("role", "member")
    return post(client, INVITATIONS, MEMBERS, **fields)


def said(response: TestResponse) -> str:
    """The page as text without markup, blanks folded."""
    import html

    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.text)).split())
