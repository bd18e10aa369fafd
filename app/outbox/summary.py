"""The queue in a few numbers, cheap enough for every page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, TextClause, func, select
from sqlalchemy.orm import Session

from app.crypto.box import SealBroken
from app.mailer.models import MailHealth
from app.outbox.heartbeats import live_workers
from app.outbox.models import QUEUED, SENDING, WAITING, OutboxMessage
from app.outbox.states import Ended, State
from app.runtime import Promised, QueueSummary, Runtime
from app.sealing import OUTBOX_BYTES

WEEK = timedelta(days=7)
ENOUGH = 100_000
"""Counting stops here: nobody reads a difference beyond it, and every page would wait for it."""

UNSENT = (State.QUEUED, State.HELD, State.SENDING)


def summarize(session: Session, runtime: Runtime) -> QueueSummary:
    """What waits now and what became of the rest in the last seven days."""
    row, now = OutboxMessage, runtime.now()
    since = now - WEEK
    promises = [count(session, now) for count in runtime.promises]
    promised = sum(promise.count for promise in promises)
    counted = {state: _count(session, row.state == state) for state in UNSENT}
    return QueueSummary(
        waiting=sum(counted.values()) + promised,
        promised=promised,
        held=counted[State.HELD],
        due=_count(session, QUEUED, row.due_at <= now) + promised,
        oldest_at=_earliest([_oldest(session), *_beginnings(promises)]),
        due_since=_earliest([_due_since(session, now), *_beginnings(promises)]),
        workers=live_workers(session, now),
        unreadable=_unreadable(session, runtime),
        sent_this_week=_count(session, row.sent_at >= since),
        failed_this_week=_count(session, row.state == State.FAILED, row.finished_at >= since),
        expired_while_paused=_expired_since(session, _paused_at(session)),
    )


def _count(session: Session, *conditions: ColumnElement[bool] | TextClause) -> int:
    some = select(OutboxMessage.id).where(*conditions).limit(ENOUGH).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _oldest(session: Session) -> datetime | None:
    return _earliest(
        session.scalar(
            select(OutboxMessage.created_at)
            .where(OutboxMessage.state == state)
            .order_by(OutboxMessage.id)
            .limit(1)
        )
        for state in UNSENT
    )


def _due_since(session: Session, now: datetime) -> datetime | None:
    """Since when the oldest mail could have been taken: its turn came, or the worker that had
    taken it was lost."""
    row = OutboxMessage
    return _earliest(
        [
            session.scalar(select(func.min(row.due_at)).where(QUEUED, row.due_at <= now)),
            session.scalar(
                select(func.min(row.lease_until)).where(SENDING, row.lease_until <= now)
            ),
        ]
    )


def _beginnings(promises: Iterable[Promised]) -> list[datetime | None]:
    return [promise.since for promise in promises if promise.count]


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _unreadable(session: Session, runtime: Runtime) -> bool:
    """Whether a mail that waits does not open: having a key is not having the right one."""
    row = session.execute(
        select(OutboxMessage.public_id, OutboxMessage.sealed_bytes)
        .where(WAITING, OutboxMessage.sealed_bytes.is_not(None))
        .limit(1)
    ).first()
    if row is None or row.sealed_bytes is None:
        return False
    try:
        runtime.box.open(row.sealed_bytes, OUTBOX_BYTES.place(row.public_id))
    except SealBroken:
        return True
    return False


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
