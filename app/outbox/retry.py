"""When to try again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

STEPS = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 2 * 60, 5 * 60, 15 * 60, 30 * 60))
HOURLY = timedelta(hours=1)
JITTER = 0.2
"""Each pause is up to a fifth longer, so that what failed together does not return together."""

LONGEST_PAUSE = HOURLY * (1 + JITTER)
"""No message rests longer between two attempts."""

KEEP_FAILED = timedelta(days=7)
"""How long the bytes of a failed message stay, unless its link or code runs out before."""

MAX_ATTEMPTS = 78
"""Attempts at a message without an expiry: the steps and then hourly make about three days.

Counted in attempts and not in days, so the time that mail was paused does not count against it.
"""

PROTOCOL_ATTEMPTS = 3
"""Attempts at one message that may end in ``protocol_error`` before a person must look."""


def pause_after(attempts: int, chance: float | None = None) -> timedelta:
    """How long to wait after the given number of failed attempts (1 or more).

    :param chance: from 0 to 1, how much of the jitter to add; random unless a test says it
    """
    step = STEPS[attempts - 1] if attempts <= len(STEPS) else HOURLY
    share = random.random() if chance is None else chance  # noqa: S311 - spreads load, no secret
    return step * (1 + JITTER * share)


def kept_until(expires_at: datetime | None, now: datetime) -> datetime:
    """How long the bytes of a message that failed now stay, so that it can be sent after all."""
    until = now + KEEP_FAILED
    return until if expires_at is None else min(until, expires_at)
