"""Counts what ended, a quarter of an hour at a time, before retention removes the mails.

Nothing is counted while mail is sent: the rows themselves are read once, when a quarter is over and
nobody writes into it any more. So it costs delivering nothing, processes of an older release are
counted as well, and so is mail from before this table. A mail that failed and is sent again later
failed then and was sent later: both count.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Double,
    Integer,
    bindparam,
    case,
    cast,
    extract,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.database import UtcDateTime
from app.moments import SKEW
from app.outbox.hand_over import EDGES, HandOver, written
from app.outbox.models import MESSAGES, Ended, MailQuarter, State
from app.runtime import Outdated, Runtime

SECONDS = 900
"""A quarter of an hour."""

SETTLED = SKEW + timedelta(minutes=1)
"""After the end of a quarter: so far may the clocks of workers be behind, and commits be late."""

KEPT = timedelta(days=33)
"""Thirty days of anybody's calendar, and some."""

A_MOMENT = 0.25
"""Seconds of counting in one round; the rest has its turn in the next."""

NOT_COUNTED = ("canary",)
"""Kinds of mail that nobody but Novantra asked for."""


@dataclass
class Tally:
    """What ended in some time. ``hand_over``: of those sent, see :mod:`app.outbox.hand_over`."""

    sent: int = 0
    failed: int = 0
    expired: int = 0
    hand_over: HandOver = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.sent += other.sent
        self.failed += other.failed
        self.expired += other.expired
        self.hand_over.update(other.hand_over)


def quarter_of(moment: datetime) -> int:
    return int(moment.timestamp()) // SECONDS


def beginning_of(quarter: int) -> datetime:
    return datetime.fromtimestamp(quarter * SECONDS, UTC)


def counted_until(session: Session, now: datetime) -> datetime:
    """Everything that ended before then, and within :data:`KEPT`, is counted."""
    newest = session.scalar(
        select(func.max(MailQuarter.quarter)).where(MailQuarter.quarter <= quarter_of(now))
    )
    oldest = quarter_of(now - KEPT)
    return beginning_of(oldest if newest is None else max(newest + 1, oldest))


class Counting:
    """A chore of the worker: counts the quarters that are over."""

    def __init__(self) -> None:
        self._counted: int | None = None

    def __call__(self, runtime: Runtime) -> bool:
        now = runtime.now()
        over = quarter_of(now - SETTLED)
        if self._counted == over:
            return False
        end = time.monotonic() + A_MOMENT
        while time.monotonic() < end:
            if not _count_next(runtime, now, over):
                self._counted = over
                return False
        return True


def _count_next(runtime: Runtime, now: datetime, over: int) -> bool:
    """Count the first quarter before ``over`` in which something ended; whether there was one.

    Read before the transaction that writes: it may take a moment, and SQLite has one writer.
    """
    with runtime.database.session(reading=True) as session:
        first = session.scalar(
            select(func.min(_ROW.finished_at)).where(
                _ROW.finished_at >= counted_until(session, now),
                _ROW.finished_at < beginning_of(over),
            )
        )
        if first is None:
            return False
        quarter = quarter_of(first)
        found = tallied(session, beginning_of(quarter), beginning_of(quarter + 1))
    tally = found.get(quarter, Tally())
    with runtime.database.transaction() as session:
        session.execute(
            _KEEP[session.get_bind().dialect.name],
            {
                "quarter": quarter,
                "sent": tally.sent,
                "failed": tally.failed,
                "expired": tally.expired,
                "hand_over": written(tally.hand_over),
            },
        )
    return True


def tallied(session: Session, since: datetime, until: datetime) -> Mapping[int, Tally]:
    """What ended from ``since`` and before ``until``, by quarter, from the mails themselves."""
    found: defaultdict[int, Tally] = defaultdict(Tally)
    query = _TALLY[session.get_bind().dialect.name]
    for quarter, state, each, number in session.execute(query, {"since": since, "until": until}):
        tally = found[quarter]
        if state == State.SENT:
            tally.sent += number
            tally.hand_over[each] += number
        elif state == State.FAILED:
            tally.failed += number
        else:
            tally.expired += number
    return found


def uncounted_until(session: Session, since: datetime, now: datetime, *, at_most: int) -> datetime:
    """How far the mails from ``since`` on may be read when no more than ``at_most`` are: to the
    present, unless counting is behind, as in the first minutes after an upgrade."""
    further = (
        select(_ROW.finished_at)
        .where(_ROW.finished_at >= since, _ROW.finished_at <= now + SKEW)
        .order_by(_ROW.finished_at)
        .offset(at_most)
        .limit(1)
    )
    return session.scalar(further) or now + SKEW


def outdated(now: datetime) -> list[Outdated]:
    """What nobody asks for any more, and what was counted under a clock that was ahead."""
    old = MailQuarter.quarter < quarter_of(now - KEPT)
    return [(MailQuarter, old | (MailQuarter.quarter > quarter_of(now + SKEW)))]


_ROW = MESSAGES.c


def _tally(quarter: Any, milliseconds: Any) -> Any:
    each = case(
        *((milliseconds <= edge, number) for number, edge in enumerate(EDGES)), else_=len(EDGES)
    )
    taken = case((_ROW.state == State.SENT, each), else_=-1)
    return (
        select(quarter, _ROW.state, taken, func.count())
        .where(
            _ROW.finished_at >= bindparam("since", type_=UtcDateTime),
            _ROW.finished_at < bindparam("until", type_=UtcDateTime),
            _ROW.kind.not_in(NOT_COUNTED),
            _ROW.state.in_((State.SENT, State.FAILED))
            | ((_ROW.state == State.CANCELLED) & (_ROW.ended_because == Ended.EXPIRED)),
        )
        .group_by(text("1"), text("2"), text("3"))
        # SQLite keeps no statistics, and would go by the state: through every mail there is.
        .with_hint(MESSAGES, "INDEXED BY ix_outbox_messages_finished_at", "sqlite")
    )


def _julian_day(column: Any) -> Any:
    return func.julianday(column, type_=Double)


_TALLY = {
    "sqlite": _tally(
        cast(func.strftime("%s", _ROW.finished_at), Integer).op("/")(SECONDS),
        func.round((_julian_day(_ROW.sent_at) - _julian_day(_ROW.created_at)) * 86_400_000),
    ),
    "postgresql": _tally(
        cast(func.floor(extract("epoch", _ROW.finished_at) / SECONDS), BigInteger),
        extract("epoch", _ROW.sent_at - _ROW.created_at) * 1000,
    ),
}
# Whoever counts a quarter first has counted it: it is over, so everybody finds the same.
_KEEP = {
    name: insert(MailQuarter).on_conflict_do_nothing(index_elements=["quarter"])
    for name, insert in (("sqlite", sqlite_insert), ("postgresql", postgres_insert))
}
