"""Mails for tests of the queue: a configured relay, and rows that wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.crypto.secret import Secret
from app.mail.addresses import Address
from app.mailer.configuration import save, settings_of, stored
from app.mailer.models import MailHealth
from app.mailer.settings import PasswordChange, Settings
from app.outbox import bookkeeping
from app.outbox.models import OutboxAttempt, OutboxMessage
from app.outbox.queue import Letter, enqueue_all
from app.runtime import Runtime
from app.web.context import Actor

ALICE = Actor(1, "alice@acme.test", "127.0.0.1")
SECRET = "5-secret-token-that-nobody-may-see"
LINK = f"https://hr.acme.test/reset-password/{SECRET}"


def configure(
    runtime: Runtime,
    *,
    host: str = "127.0.0.1",
    port: int = 25,
    provider: str = "smtp",
    username: str | None = None,
    password: str | None = None,
    timeout: int = 2,
    trust: str = "system",
    ca_certificates: str | None = None,
) -> None:
    """Save a configuration as the mailer page does."""
    console = provider == "console"
    with runtime.database.transaction() as session:
        row = stored(session)
        save(
            session,
            runtime.box,
            settings=Settings(
                provider=provider,
                sender_address="novantra@acme.test",
                sender_name="Acme",
                host=None if console else host,
                port=None if console else port,
                secure=False,
                username=username,
                connection_timeout=timeout,
                trust=trust,
                ca_certificates=ca_certificates,
            ),
            password=PasswordChange(Secret(password)) if password else PasswordChange(),
            version=row.version if row else 0,
            now=runtime.now(),
            actor=ALICE,
        )


def change_sender(runtime: Runtime, address: str) -> None:
    """Save the present configuration with another sender."""
    with runtime.database.transaction() as session:
        row = stored(session)
        assert row is not None
        save(
            session,
            runtime.box,
            settings=replace(settings_of(row), sender_address=address),
            password=PasswordChange(),
            version=row.version,
            now=runtime.now(),
            actor=ALICE,
        )


def reset_mail(
    session: Session, runtime: Runtime, to: str, *, expires_at: datetime | None = None
) -> OutboxMessage:
    """A password reset in the queue: it carries a link, and goes in the express lane."""
    return _written(session, runtime, reset_letter(to, expires_at=expires_at))


def reset_letter(to: str, *, expires_at: datetime | None = None) -> Letter:
    """A password reset that nobody has written yet."""
    address = Address.parse(to)
    shown = expires_at or datetime(2036, 11, 22, 11, 12, tzinfo=UTC)
    context = {"email": address.text, "link": LINK, "expires_at": shown}
    return Letter("password-reset", address, context, expires_at=expires_at)


def notice_mail(session: Session, runtime: Runtime, to: str) -> OutboxMessage:
    """A notice in the queue: nothing secret, no expiry, in the ordinary lane."""
    context = {"email": to, "changed_at": runtime.now(), "reset_link": "https://hr.acme.test/"}
    return _written(session, runtime, Letter("password-changed", Address.parse(to), context))


def _written(session: Session, runtime: Runtime, letter: Letter) -> OutboxMessage:
    (public_id,) = enqueue_all(session, runtime, [letter])
    found = select(OutboxMessage).where(OutboxMessage.public_id == public_id)
    return session.scalars(found).one()


def queue_resets(runtime: Runtime, recipients: Iterable[str], **options: Any) -> list[str]:
    """Committed resets, one second after another where the clock can be moved; their names."""
    names = []
    for to in recipients:
        with runtime.database.transaction() as session:
            names.append(reset_mail(session, runtime, to, **options).public_id)
        if hasattr(runtime.clock, "advance"):
            runtime.clock.advance(seconds=1)
    return names


def rows(runtime: Runtime) -> list[OutboxMessage]:
    """The queue as it is in the database now, oldest first."""
    with runtime.database.session(reading=True) as session:
        return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def only_row(runtime: Runtime) -> OutboxMessage:
    (row,) = rows(runtime)
    return row


def attempts(runtime: Runtime) -> list[OutboxAttempt]:
    """All attempts, oldest first."""
    with runtime.database.session(reading=True) as session:
        return list(session.scalars(select(OutboxAttempt).order_by(OutboxAttempt.id)))


def health(runtime: Runtime) -> MailHealth:
    with runtime.database.session(reading=True) as session:
        found = session.get(MailHealth, 1)
        assert found is not None
        return found


def outcomes_fail(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The database is away for the next so many tries to write down what became of a message."""
    failures = iter([True] * times)

    def away(real: Callable[..., Any]) -> Callable[..., Any]:
        def write(*arguments: Any) -> Any:
            if next(failures, False):
                raise OperationalError("UPDATE", {}, ConnectionError("server closed"))
            return real(*arguments)

        return write

    for real in (bookkeeping.settle, bookkeeping.settle_sent):
        monkeypatch.setattr(bookkeeping, real.__name__, away(real))
