"""Stored moments and a clock that may have been wrong when they were stored.

A machine that starts with the wrong date stores moments days or years ahead, and once its clock
is right they would be waited for. But whoever stores a moment to come knows how far ahead it can
lie at most: a lock fifteen minutes, a lease a minute or two. One that lies further ahead cannot
have been meant, so **it counts as past**. Each rule stands here twice, for values and for queries,
and nobody else compares a stored moment with the present.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

SKEW = timedelta(minutes=2)
"""How far the clocks of an install's machines may differ without anybody noticing."""


def lies_ahead(moment: datetime | None, now: datetime, at_most: timedelta) -> bool:
    """Whether ``moment`` is still to come.

    ``None`` has never been set and is not ahead. ``at_most`` is the longest time that whoever
    stored it can have meant: further ahead than that, and :data:`SKEW`, counts as past.
    """
    return moment is not None and now < moment <= now + at_most + SKEW


class AtMostEvery:
    """Lets a chore of this process be done once in ``every``, however many threads ask."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._next: datetime | None = None
        self._lock = threading.Lock()

    def is_time(self, now: datetime) -> bool:
        """Whether it is to be done now; whoever is told so does it."""
        with self._lock:
            if lies_ahead(self._next, now, self._every):
                return False
            self._next = now + self._every
            return True


def not_after(moment: datetime, now: datetime, at_most: timedelta) -> bool:
    """The contrary: whether ``moment`` is reached, or lies further ahead than it can."""
    return not lies_ahead(moment, now, at_most)


def within(moment: datetime | None, now: datetime, window: timedelta) -> bool:
    """Whether something that happened at ``moment`` belongs to the last ``window``.

    What seems to have happened later than now, and :data:`SKEW`, happened under a wrong clock:
    it is as if it had been long ago.
    """
    return moment is not None and now - window < moment <= now + SKEW


def sql_lies_ahead(column: Any, now: datetime, at_most: timedelta) -> ColumnElement[bool]:
    """:func:`lies_ahead` as a condition of a query; an empty column is not ahead."""
    return and_(column > now, column <= now + at_most + SKEW)


def sql_not_after(column: Any, now: datetime, at_most: timedelta) -> ColumnElement[bool]:
    """:func:`not_after` as a condition of a query; an empty column is neither."""
    return or_(column <= now, column > now + at_most + SKEW)


def sql_too_far(column: Any, now: datetime, at_most: timedelta) -> ColumnElement[bool]:
    """The part of :func:`sql_not_after` that no right clock can have stored."""
    too_far: ColumnElement[bool] = column > now + at_most + SKEW
    return too_far


def sql_within(column: Any, now: datetime, window: timedelta) -> ColumnElement[bool]:
    """:func:`within` as a condition of a query."""
    return and_(column > now - window, column <= now + SKEW)


def sql_outside(column: Any, now: datetime, window: timedelta) -> ColumnElement[bool]:
    """The contrary of :func:`sql_within`: over, or stored under a wrong clock."""
    return or_(column <= now - window, column > now + SKEW)


def sql_happened_since(column: Any, moment: datetime, now: datetime) -> ColumnElement[bool]:
    """Whether what happened at ``column`` happened at ``moment`` or later.

    Either may have been stored under a wrong clock, and then it is as if it had been long ago.
    """
    return and_(column >= believable(moment, now), column <= now + SKEW)


def happened_since(at: datetime | None, moment: datetime, now: datetime) -> bool:
    """:func:`sql_happened_since` for values; what never happened has not happened since."""
    return at is not None and believable(moment, now) <= at <= now + SKEW


def believable(moment: datetime, now: datetime) -> datetime:
    """``moment``, or one long ago in its place if only a wrong clock can have stored it."""
    return moment if moment <= now + SKEW else datetime.min.replace(tzinfo=moment.tzinfo)


def sql_alive(created: Any, expires: Any, now: datetime) -> ColumnElement[bool]:
    """Whether what was made at ``created`` to work until ``expires`` works now.

    It works for as long as was meant when it was made. Made later than now, it outlives that:
    then it has run out.
    """
    return and_(expires > now, created <= now + SKEW)


def alive(created: datetime, expires: datetime, now: datetime) -> bool:
    """:func:`sql_alive` for values."""
    return expires > now and created <= now + SKEW
