"""What ended on each of the last days of somebody's calendar: from what was counted by quarters of
an hour, and since then from the mails themselves."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, bindparam, func, select, text
from sqlalchemy.orm import Session

from app.outbox.ended import (
    Tally,
    beginning_of,
    counted_until,
    quarter_of,
    tallied,
    uncounted_until,
)
from app.outbox.hand_over import milliseconds_at, read
from app.outbox.models import MailQuarter

READ_AT_ONCE = 20_000
"""Mails not counted yet that are read for a page: many times what a quarter of an hour brings, and
some tens of milliseconds."""

_Q = MailQuarter
_NTH = (_Q.quarter - bindparam("first", type_=Integer)) // bindparam("length", type_=Integer)
# Added up by the database: of a month there are some thousand rows, and thirty days.
_DAYS = (
    select(
        _NTH.label("nth"),
        func.sum(_Q.sent),
        func.sum(_Q.failed),
        func.sum(_Q.expired),
        func.aggregate_strings(_Q.hand_over, " "),
    )
    .where(_Q.quarter >= bindparam("first"), _Q.quarter < bindparam("until"))
    .group_by(text("nth"))
)


@dataclass(frozen=True)
class Day:
    """What ended on a day."""

    day: date
    tally: Tally = field(default_factory=Tally)

    @property
    def number(self) -> int:
        return self.tally.sent + self.tally.failed + self.tally.expired

    @property
    def median(self) -> int | None:
        """Milliseconds from the queue to the relay's 250; half of those sent took no longer."""
        return milliseconds_at(self.tally.hand_over, 0.5)

    @property
    def slowest(self) -> int | None:
        """The same for 95 of 100."""
        return milliseconds_at(self.tally.hand_over, 0.95)


@dataclass(frozen=True)
class OverTime:
    """``days`` from the oldest to today. ``known_since``: the first moment that anything is known
    of, where days begin before it. ``read_until``: while counting is behind, how far it has come.
    """

    days: tuple[Day, ...]
    known_since: datetime | None = None
    read_until: datetime | None = None

    @property
    def together(self) -> Day:
        """All of them as if they were one day."""
        found = Day(self.days[-1].day)
        for each in self.days:
            found.tally.add(each.tally)
        return found

    @property
    def most(self) -> Day:
        """The day on which most ended, the later of several."""
        return max(self.days, key=lambda day: (day.number, day.day))


def over_time(session: Session, now: datetime, zone: ZoneInfo, number: int) -> OverTime:
    """The last ``number`` days, today included, as the calendar of ``zone`` has them."""
    today = now.astimezone(zone).date()
    days = tuple(Day(today - timedelta(days=ago)) for ago in range(number - 1, -1, -1))
    begins = [quarter_of(midnight(day.day, zone)) for day in days]
    counted = counted_until(session, now)
    until = uncounted_until(session, counted, now, at_most=READ_AT_ONCE)
    end = quarter_of(midnight(today + timedelta(days=1), zone))
    _put_stored(session, days, [*begins, end], quarter_of(counted))
    _put(days, begins, tallied(session, counted, until))
    return OverTime(
        days,
        known_since=_known_since(session, days, begins[0]),
        read_until=until if until < now else None,
    )


def _put_stored(session: Session, days: tuple[Day, ...], edges: list[int], counted: int) -> None:
    """What was counted before the quarter ``counted``. ``edges``: where days begin and end.
    Those of one length are asked for together: a stretch ends where clocks are put on or back."""
    lengths = [end - begin for begin, end in pairwise(edges)]
    at = 0
    for length, some in groupby(lengths):
        number = len(list(some))
        values = {
            "first": edges[at],
            "until": min(edges[at + number], counted),
            "length": length,
        }
        for nth, sent, failed, expired, hand_over in session.execute(_DAYS, values):
            days[at + nth].tally.add(Tally(int(sent), int(failed), int(expired), read(hand_over)))
        at += number


def _put(days: tuple[Day, ...], begins: list[int], found: Mapping[int, Tally]) -> None:
    for quarter, tally in found.items():
        at = bisect_right(begins, quarter) - 1
        if at >= 0:
            days[at].tally.add(tally)


def _known_since(session: Session, days: tuple[Day, ...], first: int) -> datetime | None:
    """Nothing is known of days before the first that was counted, if that is one of these."""
    oldest = session.scalar(select(MailQuarter.quarter).order_by(MailQuarter.quarter).limit(1))
    if oldest is None or oldest <= first or days[0].number:
        return None
    return beginning_of(oldest)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
