"""What mail depends on and ends on a day: said 30, 14 and 3 days before, more loudly each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

WARN_AT = (30, 14, 3)
"""Days before an end at which it is told."""


@dataclass(frozen=True)
class Ending:
    """Something that ends, and mail with it. ``level`` is a colour: quiet, warn or bad; ``within``
    the fewest days of :data:`WARN_AT` that are left at most, 0 once it is over, ``None`` while it
    is far off."""

    what: str
    at: datetime
    days_left: int
    within: int | None
    level: str
    words: str


def ending(
    what: str, at: datetime, now: datetime, *, after: str, name: str | None = None
) -> Ending:
    """``after`` is what is said once it is over, with gaps for ``what`` and ``day``; ``name`` is
    put behind what it is, where there are several."""
    left = (at - now) // timedelta(days=1)
    within = 0 if left < 0 else next((days for days in sorted(WARN_AT) if left <= days), None)
    level = "quiet" if within is None else "warn" if within > WARN_AT[-1] else "bad"
    day = f"{at.day} {at:%B %Y}"
    called = f"{what} “{name}”" if name else what
    if left < 0:
        words = after.replace("{what}", called).replace("{day}", day)
    elif left == 0:
        words = f"The {called} ends today. Mail stops then unless there is a new one."
    else:
        days = "1 day" if left == 1 else f"{left} days"
        words = f"The {called} ends on {day}, in {days}. Mail stops then unless there is a new one."
    return Ending(what, at, left, within, level, words)
