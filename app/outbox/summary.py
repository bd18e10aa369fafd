"""The queue in a few numbers, cheap enough for every page."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.mailer.models import MailHealth
from app.outbox.models import OutboxMessage
from app.outbox.states import Ended, State
from app.runtime import QueueSummary

WEEK = timedelta(days=7)
ENOUGH = 100_000
"""Counting stops here: nobody reads a difference beyond it, and every page would wait for it."""

WAITING = (State.QUEUED, State.HELD, State.SENDING)


def summarize(session: Session, now: datetime) -> QueueSummary:
    """What waits now and what became of the rest in the last seven days."""
    row = OutboxMessage
    since = now - WEEK
    return QueueSummary(
        waiting=sum(_count(session, row.state == state) for state in WAITING),
        oldest_at=_oldest(session),
        sent_this_week=_count(session, row.sent_at >= since),
        failed_this_week=_count(session, row.state == State.FAILED, row.finished_at >= since),
        expired_while_paused=_expired_since(session, _paused_at(session)),
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    some = select(OutboxMessage.id).where(*conditions).limit(ENOUGH).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _oldest(session: Session) -> datetime | None:
    found = [
        session.scalar(
            select(OutboxMessage.created_at)
            .where(OutboxMessage.state == state)
            .order_by(OutboxMessage.id)
            .limit(1)
        )
        for state in WAITING
    ]
    return min((moment for moment in found if moment is not None), default=None)


def _paused_at(session: Session) -> datetime | None:
    return session.scalar(select(MailHealth.paused_at).where(MailHealth.id == 1))


def _expired_since(session: Session, moment: datetime | None) -> int:
    if moment is None:
        return 0
    return _count(
        session,
        OutboxMessage.state == State.CANCELLED,
        OutboxMessage.ended_because == Ended.EXPIRED,
        OutboxMessage.finished_at >= moment,
    )
