"""The queue in a few numbers, cheap enough for every page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, TextClause, and_, bindparam, func, select
from sqlalchemy.orm import Session

from app.crypto.box import SealBroken
from app.database import UtcDateTime
from app.mailer.models import MailHealth
from app.moments import sql_happened_since, sql_not_after, sql_within
from app.outbox.aside import counted as counted_aside
from app.outbox.breaker import LEASE_AT_MOST
from app.outbox.ended import NOT_COUNTED, beginning_of, quarter_of
from app.outbox.heartbeats import live_workers
from app.outbox.kinds import EXPRESS, ORDINARY
from app.outbox.models import (
    FAILED,
    MESSAGES,
    QUEUED,
    SENDING,
    WAITING,
    Ended,
    MailQuarter,
    State,
)
from app.outbox.retry import LONGEST_PAUSE
from app.runtime import Promised, QueueSummary, Runtime
from app.sealing import OUTBOX_BYTES
from app.written_once import WrittenOnce

WEEK = timedelta(days=7)
ENOUGH = 100_000
"""Counting stops here: nobody reads a difference beyond it, and every page would wait for it."""

MANY = 10_000
"""The same for what is looked up row by row."""

A_WHILE = timedelta(minutes=1)

UNSENT = (State.QUEUED, State.HELD, State.SENDING)

LOOKED_AT = 3
"""Waiting mails that are opened to tell a wrong key from one mail that was altered."""


def summarize(session: Session, runtime: Runtime) -> QueueSummary:
    """What waits now and what became of the rest in the last seven days.

    One statement asks for all the numbers: every page of the console waits for them.
    """
    now = runtime.now()
    promises = [count(session, now) for count in runtime.promises]
    promised = sum(promise.count for promise in promises)
    pause = session.get(MailHealth, 1) or MailHealth()
    sent, sent_since = _sent_before(session, now)
    found = _NUMBERS.one(session, now, sent_since=sent_since)
    held = found.number_held
    due, since = found.turn + found.lost, [found.turn_since, found.lost_since]
    if pause.paused_at is None and held:  # nobody has let go what the pause had held
        due += held
        since.append(pause.resumed_at or now)
    oldest = (found.oldest_queued, found.oldest_held, found.oldest_sending)
    return QueueSummary(
        waiting=found.number_queued + held + found.number_sending + promised,
        promised=promised,
        held=held,
        due=due + promised,
        oldest_at=_earliest([*oldest, *_beginnings(promises)]),
        # What a wrong clock put far ahead is due for nobody knows how long: as if for a while.
        due_since=_earliest([*(_past(moment, now) for moment in since), *_beginnings(promises)]),
        workers=live_workers(session, now),
        unreadable=bool(found.number_queued or held) and _unreadable(session, runtime),
        set_aside=counted_aside(session, runtime),
        sent_this_week=sent + found.sent_since,
        failed_this_week=found.failed_this_week,
        expired_while_paused=_expired_since(session, pause.paused_at, now),
    )


def _expired_since(session: Session, paused_at: datetime | None, now: datetime) -> int:
    if paused_at is None:
        return 0
    query = _counting(
        _ROW.state == State.CANCELLED,
        _ROW.ended_because == Ended.EXPIRED,
        sql_happened_since(_ROW.finished_at, paused_at, now),
    )
    return session.scalar(query) or 0


def _numbers(now: datetime) -> Select[Any]:
    """The one value that each of these questions has, all of one moment."""
    row = _ROW
    lanes = row.lane.in_((EXPRESS, ORDINARY))  # so that the queue's index serves
    turn = and_(QUEUED, lanes, sql_not_after(row.due_at, now, LONGEST_PAUSE))
    lost = and_(SENDING, sql_not_after(row.lease_until, now, LEASE_AT_MOST))
    failed = and_(FAILED, sql_within(row.finished_at, now, WEEK))
    since = and_(
        row.sent_at >= bindparam("sent_since", now, type_=UtcDateTime),
        sql_within(row.sent_at, now, WEEK),
        row.kind.not_in(NOT_COUNTED),
    )
    questions = {
        **{f"number_{state}": _counting(row.state == state) for state in UNSENT},
        **{f"oldest_{state}": _oldest(state) for state in UNSENT},
        "turn": _counting(turn),
        "turn_since": select(func.min(row.due_at)).where(turn),
        "lost": _counting(lost),
        "lost_since": select(func.min(row.lease_until)).where(lost),
        "sent_since": _counting(since, at_most=MANY),
        "failed_this_week": _counting(failed, at_most=MANY),
    }
    return select(*(asked.scalar_subquery().label(name) for name, asked in questions.items()))


def _counting(*conditions: ColumnElement[bool] | TextClause, at_most: int = ENOUGH) -> Select[Any]:
    some = select(_ROW.id).where(*conditions).limit(at_most).subquery()
    return select(func.count()).select_from(some)


def _oldest(state: State) -> Select[Any]:
    return select(_ROW.created_at).where(_ROW.state == state).order_by(_ROW.id).limit(1)


def _sent_before(session: Session, now: datetime) -> tuple[int, datetime]:
    """How many were sent in the last seven days according to what was counted, and since when the
    mails themselves must be asked: reading a week of them would keep every page waiting."""
    first = quarter_of(now - WEEK) + 1
    newest, sent = (
        session.connection().execute(_COUNTED, {"first": first, "present": quarter_of(now)}).one()
    )
    return sent or 0, now - WEEK if newest is None else beginning_of(newest + 1)


_ROW = MESSAGES.c
_NUMBERS = WrittenOnce(_numbers)
_COUNTED = select(func.max(MailQuarter.quarter), func.sum(MailQuarter.sent)).where(
    MailQuarter.quarter >= bindparam("first"), MailQuarter.quarter <= bindparam("present")
)


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    return now - A_WHILE if moment is not None and moment > now else moment


def _beginnings(promises: Iterable[Promised]) -> list[datetime | None]:
    return [promise.since for promise in promises if promise.count]


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _unreadable(session: Session, runtime: Runtime) -> bool:
    """Whether a mail that waits does not open: having a key is not having the right one."""
    rows = session.execute(_SOME_WAITING).all()
    # One that was altered says nothing about the key; the key is wrong if none of a few opens.
    return bool(rows) and not any(_opens(runtime, row) for row in rows)


def _opens(runtime: Runtime, row: Row[*tuple[Any, ...]]) -> bool:
    try:
        runtime.box.open(row.sealed_bytes or "", OUTBOX_BYTES.place_in(row))
    except SealBroken:
        return False
    return True


_SOME_WAITING = (
    select(_ROW.public_id, _ROW.rcpt_to, _ROW.kind, _ROW.sealed_bytes)
    .where(WAITING, _ROW.sealed_bytes.is_not(None))
    .limit(LOOKED_AT)
)
