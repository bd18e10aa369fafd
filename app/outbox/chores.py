"""What is done between deliveries, each thing by itself: one that fails keeps none of the rest."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.outbox.aside import Trouble, never_raising

BACK_OFF, AT_MOST = 1.0, 300.0
"""Seconds that a chore rests after it failed; doubled each time it fails again, up to a limit."""

log = logging.getLogger("novantra.outbox")


@dataclass
class _Resting:
    until: float
    seconds: float
    reason: str


class Chores:
    """Runs chores of any name, and remembers which one failed why."""

    def __init__(self) -> None:
        self._resting: dict[str, _Resting] = {}

    def run(self, chores: Iterable[tuple[str, Callable[[], bool]]]) -> bool:
        """Whether any of them did something. One that failed is left alone for a while.

        When the database is away the rest of this round is left out, which would only wait for it
        as well, and the next round begins with that rest.
        """
        did = False
        for name, work in chores:
            done = self._run(name, work)
            if isinstance(done, Trouble) and done.everybodys:
                break
            did = did or done is True
        return did

    def _run(self, name: str, work: Callable[[], bool]) -> bool | Trouble:
        before = self._resting.get(name)
        if before is not None and time.monotonic() < before.until:
            return False
        done = never_raising(work)
        if isinstance(done, Trouble):
            self._failed(name, done.reason, before)
            return done
        if before is not None:
            del self._resting[name]
            log.info("a chore works again: %s", name)
        return done

    def _failed(self, name: str, reason: str, before: _Resting | None) -> None:
        """Logged once, with the cause, and again when it fails otherwise or works."""
        if before is None or before.reason != reason:
            log.error("a chore failed and is tried again later: %s: %s", name, reason)
        seconds = min(before.seconds * 2, AT_MOST) if before else BACK_OFF
        self._resting[name] = _Resting(time.monotonic() + seconds, seconds, reason)
