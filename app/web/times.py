"""Times as people read them: "3 hours ago" for the eye, the exact moment beside it.

Every time on a page goes through here, in the zone of whoever looks at it (see
:mod:`app.web.viewer`) with the zone's name; what machines read stays UTC. While nobody has chosen a
zone that is UTC, and ``novantra.js`` writes the same words again in the browser's. Both sides use
the same steps, so nothing jumps when it does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from app.web.viewer import chosen_zone, viewer_zone
from app.zones import at_time, on_day, utc

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def ago(moment: datetime, now: datetime | None = None, zone: ZoneInfo | None = None) -> str:
    """How long since ``moment``, or until it: "just now", "3 hours ago", "in 5 minutes".

    The past is rounded down: nothing claims to be older than it is. The future goes to the
    nearest unit: what was given seven days ends "in 7 days". Past 30 days the date says more: the
    one in ``zone``, by default UTC's.
    """
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    span = abs(seconds)
    if span < _MINUTE:
        return "just now" if seconds >= 0 else "in a moment"
    if span >= 30 * _DAY:
        return on_day(moment, zone or utc())
    if _DAY <= span < 2 * _DAY:
        return "yesterday" if seconds > 0 else "tomorrow"
    return f"{_counted(span)} ago" if seconds > 0 else f"in {_counted(span, nearest=True)}"


def span(seconds: float) -> str:
    """How long something lasted: "3 days", "5 minutes", "less than a minute"."""
    return _counted(int(seconds)) if seconds >= _MINUTE else "less than a minute"


def exact(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """The moment to the minute with its zone: "22 November 2026, 10:42 UTC",
    "22 November 2026, 11:42 (Europe/Berlin)". By default UTC."""
    zone = zone or utc()
    return f"{on_day(moment, zone)}, {at_time(moment, zone)}"


def utc_iso(moment: datetime) -> str:
    """For ``<time datetime>``: ISO 8601 in UTC to the second, "2026-11-22T10:42:07Z"."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _counted(span: int, *, nearest: bool = False) -> str:
    """A span of at least a minute, in seconds, in the largest unit that fits into it."""
    size, name = next(
        (size, name)
        for size, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"))
        if span >= size
    )
    count = (span + size // 2) // size if nearest else span // size
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _ago_here(moment: datetime) -> str:
    return ago(moment, zone=viewer_zone())


def _exact_here(moment: datetime) -> str:
    return exact(moment, viewer_zone())


def _scripted(moment: datetime, how: str) -> Markup:
    """What the script may write again: ``data-time``, or nothing.

    ``ago`` and ``at`` in the browser's zone, while nobody has chosen one. In a chosen zone only
    what goes on by itself is, as ``span``: not a date, nor what becomes one within a day.
    """
    if chosen_zone() is not None:
        left = abs(datetime.now(UTC) - moment) < timedelta(days=29)
        how = "span" if how == "ago" and left else ""
    return Markup(' data-time="{}"').format(how) if how else Markup()


def _utc_day(moment: datetime) -> str:
    """The day of what was typed as one and has no hour: the same for every reader."""
    return on_day(moment, utc())


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "ago": _ago_here,
    "exact": _exact_here,
    "span": span,
    "utc_iso": utc_iso,
    "utc_day": _utc_day,
    "scripted": _scripted,
}
"""What ``components/time.html`` expects of the template environment."""
