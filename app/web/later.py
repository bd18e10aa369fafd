"""When somebody who was refused for doing too much may come back: the number and the words.

Both are worked out from the moment at which the limit frees, and both are rounded up: whoever comes
back at the time they were told is not refused again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.web.viewer import viewer_zone
from app.zones import clock


def seconds_until(moment: datetime, now: datetime) -> int:
    """For ``Retry-After`` (RFC 9110 section 10.2.3): whole seconds, at least one."""
    return max(1, -int((now - moment) // timedelta(seconds=1)))


def retry_after(moment: datetime, now: datetime) -> dict[str, str]:
    """The header."""
    return {"Retry-After": str(seconds_until(moment, now))}


def when(moment: datetime, now: datetime) -> str:
    """In words: ``in 40 seconds``, ``in 14 minutes, at 10:42 UTC on 22 November 2026``."""
    seconds = seconds_until(moment, now)
    if seconds < 100:
        return f"in {seconds} second{'' if seconds == 1 else 's'}"
    minutes = -(-seconds // 60)
    # The clock shows minutes: the one that has passed by then is not over when it begins.
    at = clock(now + timedelta(seconds=seconds + 59), viewer_zone())
    if minutes < 100:
        return f"in {minutes} minutes, at {at}"
    hours = -(-seconds // 3600)
    return f"in {hours} hours, at {at}"


def in_words(window: timedelta) -> str:
    """The length of a limit's window: ``a minute``, ``15 minutes``, ``an hour``, ``24 hours``."""
    minutes = round(window / timedelta(minutes=1))
    if minutes == 1:
        return "a minute"
    if minutes % 60:
        return f"{minutes} minutes"
    return "an hour" if minutes == 60 else f"{minutes // 60} hours"
