"""The queue in a few numbers, cheap enough for every page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, and_, func, select
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
    """What waits now and what became of the rest in the last seven days.

    One statement asks for all the numbers: every page of the console waits for them.
    """
    row, now = OutboxMessage, runtime.now()
    promises = [count(session, now) for count in runtime.promises]
    promised = sum(promise.count for promise in promises)
    pause = session.get(MailHealth, 1) or MailHealth()
    lanes = row.lane.in_((EXPRESS, ORDINARY))  # so that the queue's index serves
    turn = and_(QUEUED, lanes, sql_not_after(row.due_at, now, LONGEST_PAUSE))
    lost = and_(SENDING, sql_not_after(row.lease_until, now, LEASE_AT_MOST))
    failed = and_(row.state == State.FAILED, sql_within(row.finished_at, now, WEEK))
    questions = {
        **{f"number_{state}": _counting(row.state == state) for state in UNSENT},
        **{f"oldest_{state}": _oldest(state) for state in UNSENT},
        "turn": _counting(turn),
        "turn_since": select(func.min(row.due_at)).where(turn),
        "lost": _counting(lost),
        "lost_since": select(func.min(row.lease_until)).where(lost),
        "sent_this_week": _counting(sql_within(row.sent_at, now, WEEK)),
        "failed_this_week": _counting(failed),
    }
    if pause.paused_at is not None:
        questions["expired"] = _counting(
            row.state == State.CANCELLED,
            row.ended_because == Ended.EXPIRED,
            sql_happened_since(row.finished_at, pause.paused_at, now),
        )
    found = _answers(session, questions)
    held = found[f"number_{State.HELD}"]
    due, since = found["turn"] + found["lost"], [found["turn_since"], found["lost_since"]]
    if pause.paused_at is None and held:  # nobody has let go what the pause had held
        due += held
        since.append(pause.resumed_at or now)
    return QueueSummary(
        waiting=sum(found[f"number_{state}"] for state in UNSENT) + promised,
        promised=promised,
        held=held,
        due=due + promised,
        oldest_at=_earliest(
            [*(found[f"oldest_{state}"] for state in UNSENT), *_beginnings(promises)]
        ),
        # What a wrong clock put far ahead is due for nobody knows how long: as if for a while.
        due_since=_earliest([*(_past(moment, now) for moment in since), *_beginnings(promises)]),
        workers=live_workers(session, now),
        unreadable=_unreadable(session, runtime),
        set_aside=counted_aside(session, runtime),
        sent_this_week=found["sent_this_week"],
        failed_this_week=found["failed_this_week"],
        expired_while_paused=found.get("expired", 0),
    )


def _answers(session: Session, questions: dict[str, Select[Any]]) -> dict[str, Any]:
    """The one value that each of them asks for, all of one moment."""
    columns = [question.scalar_subquery().label(name) for name, question in questions.items()]
    return dict(session.execute(select(*columns)).one()._mapping)


def _counting(*conditions: ColumnElement[bool] | TextClause) -> Select[Any]:
    some = select(OutboxMessage.id).where(*conditions).limit(ENOUGH).subquery()
    return select(func.count()).select_from(some)


def _oldest(state: State) -> Select[Any]:
    row = OutboxMessage
    return select(row.created_at).where(row.state == state).order_by(row.id).limit(1)


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    return now - A_WHILE if moment is not None and moment > now else moment


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
