"""Locks an address after repeated failed sign-ins, whether anybody has that address or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.accounts import codes
from app.accounts.models import LoginGuard
from app.accounts.throttle import subject_of_address
from app.audit.log import record
from app.moments import lies_ahead, sql_lies_ahead, within
from app.web.context import Actor

FAILURES = 5
WINDOW = timedelta(minutes=15)
DURATION = timedelta(minutes=15)


@dataclass(frozen=True)
class Failure:
    """What one more failure led to. ``locked_now`` is true for the one that locked."""

    locked_until: datetime | None
    locked_now: bool


def locked_until(session: Session, *, subject: str, now: datetime) -> datetime | None:
    """When the lock of an address ends, or ``None`` when there is none."""
    guard = session.get(LoginGuard, subject)
    return _in_force(guard, now)


def locks(session: Session, *, email_keys: list[str], now: datetime) -> dict[str, datetime]:
    """The locks among these addresses: lookup form → when it ends."""
    subjects = {subject_of_address(email_key): email_key for email_key in email_keys}
    rows = session.scalars(
        select(LoginGuard).where(
            LoginGuard.subject.in_(list(subjects)),
            sql_lies_ahead(LoginGuard.locked_until, now, DURATION),
        )
    )
    return {subjects[row.subject]: row.locked_until for row in rows if row.locked_until}


def hold(session: Session, *, subject: str, now: datetime) -> datetime | None:
    """Like :func:`locked_until`, and nobody else decides about this address until we commit."""
    insert = postgresql.insert if _is_postgres(session) else sqlite.insert
    session.execute(
        insert(LoginGuard)
        .values(subject=subject, failures=0, window_started_at=now)
        .on_conflict_do_nothing(index_elements=[LoginGuard.subject])
    )
    return _in_force(_held(session, subject), now)


def record_failure(session: Session, *, subject: str, now: datetime) -> Failure:
    """Count a failure of an address that :func:`hold` holds and found without a lock."""
    guard = _held(session, subject)
    stale = guard.locked_until is not None or not within(guard.window_started_at, now, WINDOW)
    if stale or guard.failures == 0:
        guard.failures, guard.window_started_at = 0, now
        guard.locked_at = guard.locked_until = None
    guard.failures += 1
    if guard.failures < FAILURES:
        session.flush()
        return Failure(None, locked_now=False)
    guard.locked_at, guard.locked_until = now, now + DURATION
    session.flush()
    return Failure(guard.locked_until, locked_now=True)


def forget(session: Session, *, subject: str) -> None:
    """Drop the failures and the lock of an address, and the code that would lift it."""
    session.execute(delete(LoginGuard).where(LoginGuard.subject == subject))
    codes.discard(session, purpose=codes.CodePurpose.UNLOCK, subject=subject)


def lift_lock(session: Session, *, email_key: str, now: datetime, actor: Actor) -> bool:
    """An administrator or the operator lifts a lock; audited. Whether there was one."""
    subject = subject_of_address(email_key)
    was_locked = locked_until(session, subject=subject, now=now) is not None
    forget(session, subject=subject)
    if was_locked:
        record(session, now=now, actor=actor, tag="login:unlocked", target=email_key)
    return was_locked


def _in_force(guard: LoginGuard | None, now: datetime) -> datetime | None:
    if guard is None or not lies_ahead(guard.locked_until, now, DURATION):
        return None
    return guard.locked_until


def _held(session: Session, subject: str) -> LoginGuard:
    return session.scalars(
        select(LoginGuard)
        .where(LoginGuard.subject == subject)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
