"""The queue in a few numbers, cheap enough for every page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, TextClause, and_, func, select
from sqlalchemy.orm import Session

from app.crypto.box import SealBroken
from app.mailer.models import MailHealth
from app.moments import sql_happened_since, sql_not_after, sql_within
from app.outbox.aside import counted as counted_aside
from app.outbox.breaker import LEASE_AT_MOST
from app.outbox.heartbeats import live_workers
from app.outbox.kinds import EXPRESS, ORDINARY
from app.outbox.models import QUEUED, SENDING, WAITING, Ended, OutboxMessage, State
from app.outbox.retry import LONGEST_PAUSE
from app.runtime import Promised, QueueSummary, Runtime
from app.sealing import OUTBOX_BYTES

WEEK = timedelta(days=7)
ENOUGH = 100_000
"""Counting stops here: nobody reads a difference beyond it, and every page would wait for it."""

A_WHILE = timedelta(minutes=1)

UNSENT = (State.QUEUED, State.HELD, State.SENDING)

LOOKED_AT = 3
"""Waiting mails that are opened to tell a wrong key from one mail that was altered."""


def summarize(session: Session, runtime: Runtime) -> QueueSummary:
    """What waits now and what became of the rest in the last seven days."""
    row, now = OutboxMessage, runtime.now()
    promises = [count(session, now) for count in runtime.promises]
    promised = sum(promise.count for promise in promises)
    counted = {state: _count(session, row.state == state) for state in UNSENT}
    due = _due_mail(session, now)
    return QueueSummary(
        waiting=sum(counted.values()) + promised,
        promised=promised,
        held=counted[State.HELD],
        due=due.count + promised,
        oldest_at=_earliest([_oldest(session), *_beginnings(promises)]),
        due_since=_earliest([due.since, *_beginnings(promises)]),
        workers=live_workers(session, now),
        unreadable=_unreadable(session, runtime),
        set_aside=counted_aside(session, runtime),
        sent_this_week=_count(session, sql_within(row.sent_at, now, WEEK)),
        failed_this_week=_count(
            session, row.state == State.FAILED, sql_within(row.finished_at, now, WEEK)
        ),
        expired_while_paused=_expired_since(session, _pause(session).paused_at, now),
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


def _due_mail(session: Session, now: datetime) -> Promised:
    """Mail that could be taken now, and since when: its turn came, its worker was lost, or the
    pause that held it is over and nobody has let it go yet."""
    row, pause = OutboxMessage, _pause(session)
    lanes = row.lane.in_((EXPRESS, ORDINARY))  # so that the queue's index serves
    turn = and_(lanes, sql_not_after(row.due_at, now, LONGEST_PAUSE))
    lost = sql_not_after(row.lease_until, now, LEASE_AT_MOST)
    since = [
        session.scalar(select(func.min(row.due_at)).where(QUEUED, turn)),
        session.scalar(select(func.min(row.lease_until)).where(SENDING, lost)),
    ]
    count = _count(session, QUEUED, turn) + _count(session, SENDING, lost)
    if pause.paused_at is None and (held := _count(session, row.state == State.HELD)):
        count += held
        since.append(pause.resumed_at or now)
    # What a wrong clock put far ahead is due for nobody knows how long: as if for a while.
    return Promised(count, _earliest(_past(moment, now) for moment in since))


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    return now - A_WHILE if moment is not None and moment > now else moment


@dataclass(frozen=True)
class _Pause:
    paused_at: datetime | None
    resumed_at: datetime | None


def _pause(session: Session) -> _Pause:
    row = session.execute(
        select(MailHealth.paused_at, MailHealth.resumed_at).where(MailHealth.id == 1)
    ).first()
    return _Pause(row.paused_at, row.resumed_at) if row else _Pause(None, None)


def _beginnings(promises: Iterable[Promised]) -> list[datetime | None]:
    return [promise.since for promise in promises if promise.count]


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _unreadable(session: Session, runtime: Runtime) -> bool:
    """Whether a mail that waits does not open: having a key is not having the right one."""
    rows = session.scalars(
        select(OutboxMessage)
        .where(WAITING, OutboxMessage.sealed_bytes.is_not(None))
        .limit(LOOKED_AT)
    ).all()
    # One that was altered says nothing about the key; the key is wrong if none of a few opens.
    return bool(rows) and not any(_opens(runtime, row) for row in rows)


def _opens(runtime: Runtime, row: OutboxMessage) -> bool:
    try:
        runtime.box.open(row.sealed_bytes or "", OUTBOX_BYTES.place_in(row))
    except SealBroken:
        return False
    return True


def _expired_since(session: Session, moment: datetime | None, now: datetime) -> int:
    if moment is None:
        return 0
    return _count(
        session,
        OutboxMessage.state == State.CANCELLED,
        OutboxMessage.ended_because == Ended.EXPIRED,
        sql_happened_since(OutboxMessage.finished_at, moment, now),
    )
