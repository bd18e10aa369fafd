"""Requests for mail to addresses that somebody typed: many, and among them bad ones."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts import intents
from app.accounts.models import MailIntent, User
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.factories import make_user
from tests.visitor import Mailbox


def ask(session: Session, now: datetime, *emails: str, kind: str = intents.PASSWORD_RESET) -> None:
    session.add_all(
        MailIntent(kind=kind, email=email, email_key=email, ip=None, created_at=now)
        for email in emails
    )
    session.commit()


def left(runtime: Runtime) -> int:
    with runtime.database.session(reading=True) as reading:
        return reading.scalar(select(func.count()).select_from(MailIntent)) or 0


@pytest.fixture
def dana(session: Session, admin: User) -> User:
    person = make_user(session, "dana@acme.test", name="Dana")
    session.commit()
    return person


@pytest.mark.slow
def test_three_thousand_unknown_addresses_hold_up_nobody(
    runtime: Runtime, session: Session, dana: User, mailbox: Mailbox
) -> None:
    ask(session, runtime.now(), *(f"nobody{n}@acme.test" for n in range(3_000)), dana.email)
    began = time.monotonic()
    while intents.resolve(runtime):
        pass
    took = time.monotonic() - began
    assert left(runtime) == 0
    assert [mail.rcpt_to for mail in mailbox.deliver()] == ["dana@acme.test"]
    assert took < 5, f"{took:.1f} s"  # a tenth of a second where nothing else runs


def test_other_work_has_its_turn_between_thousands_of_requests(
    runtime: Runtime, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "MOMENT", 0.0)
    ask(
        session,
        runtime.now(),
        *(f"nobody{n}@acme.test" for n in range(250)),
        kind=intents.UNLOCK_CODE,
    )
    assert intents.resolve(runtime)
    assert left(runtime) == 150


def test_a_request_of_an_unknown_kind_is_set_aside_and_the_next_is_answered(
    runtime: Runtime, session: Session, dana: User, mailbox: Mailbox
) -> None:
    ask(session, runtime.now(), dana.email, kind="from-a-newer-version")
    ask(session, runtime.now(), dana.email)
    assert [mail.rcpt_to for mail in mailbox.deliver()] == ["dana@acme.test"]
    (kept,) = session.scalars(select(MailIntent))
    assert kept.kind == "from-a-newer-version"
    assert kept.set_aside_at == runtime.now()
    assert kept.set_aside_because is not None
    assert kept.set_aside_because.startswith("KeyError in app.accounts.intents, line ")
    assert runtime.set_aside["requests"](session) == 1
    session.rollback()
    assert not intents.resolve(runtime), "it is not looked at again"


def test_what_a_request_had_written_before_it_failed_is_undone(
    runtime: Runtime,
    session: Session,
    dana: User,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = intents.RESOLVERS[intents.PASSWORD_RESET]

    def half(session: Session, runtime: Runtime, intent: MailIntent, now: datetime) -> None:
        real(session, runtime, intent, now)
        raise RuntimeError("after the mail was queued")

    monkeypatch.setitem(intents.RESOLVERS, intents.PASSWORD_RESET, half)
    ask(session, runtime.now(), dana.email)
    intents.resolve(runtime)
    assert session.scalar(select(OutboxMessage.id)) is None
    (kept,) = session.scalars(select(MailIntent))
    assert kept.set_aside_because is not None
    assert "RuntimeError" in kept.set_aside_because
    assert "dana" not in kept.set_aside_because


@pytest.mark.parametrize(
    "damage",
    [
        "created_at = 'yesterday'",
        "created_at = ''",
        "kind = ''",
        "email_key = x'ff00'",
        "email = x'ff'",
    ],
)
def test_a_damaged_request_stops_nothing_but_itself(
    damage: str, runtime: Runtime, session: Session, dana: User, mailbox: Mailbox
) -> None:
    if not runtime.database.is_sqlite:
        pytest.skip("PostgreSQL stores no value of another type than the column's")
    ask(session, runtime.now(), dana.email, dana.email)
    first = "(SELECT min(id) FROM mail_intents)"
    session.execute(text(f"UPDATE mail_intents SET {damage} WHERE id = {first}"))  # noqa: S608
    session.commit()
    assert "dana@acme.test" in [mail.rcpt_to for mail in mailbox.deliver()]
    assert not intents.resolve(runtime)
