"""Five test mails in 15 minutes per administrator, counted in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.mailer.models import TestSend
from app.moments import sql_outside, sql_within

LIMIT = 5
WINDOW = timedelta(minutes=15)
# Any number will do as long as every process uses the same one; the person's id is added.
_LOCK = 7_401_300_000


@dataclass(frozen=True)
class Allowance:
    """``left`` tests may be sent now. ``again_at``: when one more than that becomes possible."""

    left: int
    again_at: datetime | None


class TooManyTests(Exception):
    """The limit is reached. ``again_at`` says when the next test is possible."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__("too many test mails")
        self.again_at = again_at


def allowance(session: Session, *, user_id: int, now: datetime) -> Allowance:
    """What an administrator has left."""
    times = session.scalars(
        select(TestSend.at)
        .where(TestSend.user_id == user_id, sql_within(TestSend.at, now, WINDOW))
        .order_by(TestSend.at.desc())
        .limit(LIMIT)
    ).all()
    return Allowance(LIMIT - len(times), times[-1] + WINDOW if times else None)


def take(session: Session, *, user_id: int, now: datetime) -> None:
    """Use up one test. The caller commits before it touches the network.

    Two requests of one person cannot both take the last one: on SQLite every writing transaction
    is alone, on PostgreSQL a lock per person makes them queue.

    :raises TooManyTests: none is left.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK + user_id})
    found = allowance(session, user_id=user_id, now=now)
    if found.left <= 0 and found.again_at is not None:
        raise TooManyTests(found.again_at)
    session.execute(delete(TestSend).where(sql_outside(TestSend.at, now, 4 * WINDOW)))
    session.add(TestSend(user_id=user_id, at=now))
    session.flush()
