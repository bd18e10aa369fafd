"""Times as people read them: "3 hours ago" for the eye, the exact moment in UTC beside it.

Pages are rendered in UTC because the server does not know the reader's zone; ``novantra.js`` writes
the same words again in theirs. Both sides use the same steps, so nothing jumps when it does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long since ``moment``, or until it: "just now", "3 hours ago", "in 5 minutes".

    The past is rounded down: nothing claims to be older than it is. The future goes to the
    nearest unit: what was given seven days ends "in 7 days". Past 30 days the date says more.
    """
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    span = abs(seconds)
    if span < _MINUTE:
        return "just now" if seconds >= 0 else "in a moment"
    if span >= 30 * _DAY:
        return _date(moment)
    if _DAY <= span < 2 * _DAY:
        return "yesterday" if seconds > 0 else "tomorrow"
    return f"{_counted(span)} ago" if seconds > 0 else f"in {_counted(span, nearest=True)}"


def span(seconds: float) -> str:
    """How long something lasted: "3 days", "5 minutes", "less than a minute"."""
    return _counted(int(seconds)) if seconds >= _MINUTE else "less than a minute"


def exact(moment: datetime) -> str:
    """The moment to the minute with its zone: "22 November 2026, 10:42 UTC"."""
    utc = moment.astimezone(UTC)
    return f"{_date(utc)}, {utc:%H:%M} UTC"


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


def _date(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y}"


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "ago": ago,
    "exact": exact,
    "span": span,
    "utc_iso": utc_iso,
}
"""What ``components/time.html`` expects of the template environment."""
