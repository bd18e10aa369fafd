"""What ended on each of the last days of somebody's calendar: from what was counted by quarters of
an hour, and since then from the mails themselves."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
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

_QUARTERS = select(
    MailQuarter.quarter,
    MailQuarter.sent,
    MailQuarter.failed,
    MailQuarter.expired,
    MailQuarter.hand_over,
).where(MailQuarter.quarter >= bindparam("first"), MailQuarter.quarter < bindparam("until"))


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
    stored = session.execute(_QUARTERS, {"first": begins[0], "until": quarter_of(counted)}).all()
    _put_stored(days, begins, stored)
    _put(days, begins, tallied(session, counted, until))
    return OverTime(
        days,
        known_since=_known_since(session, days, begins[0]),
        read_until=until if until < now else None,
    )


def _put_stored(days: tuple[Day, ...], begins: list[int], rows: Iterable[Any]) -> None:
    """As :func:`_put`, for some thousand quarters: a day's durations are read together."""
    durations: list[list[str]] = [[] for _ in days]
    for quarter, sent, failed, expired, hand_over in rows:
        at = bisect_right(begins, quarter) - 1
        tally = days[at].tally
        tally.sent += sent
        tally.failed += failed
        tally.expired += expired
        durations[at].append(hand_over)
    for day, texts in zip(days, durations, strict=True):
        day.tally.hand_over.update(read(" ".join(texts)))


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
