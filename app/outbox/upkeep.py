"""What a delivering process does besides: chores of other parts, and sweeping the outbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from app.moments import lies_ahead
from app.outbox.aside import Chores
from app.outbox.sweep import PARTS
from app.runtime import Runtime

Part = Callable[[Session, datetime, int], int]

CHORES_EVERY = 1.0
"""Seconds between looks at chores while there is mail to send."""

SWEEP_EVERY = timedelta(seconds=5)

SWEEP_MOMENT = 0.25
"""Seconds that one part of a sweep may take before delivering goes on."""


class Upkeep:
    """Shared by the threads of one process.

    :param writing: held while the database is written, one thread at a time on SQLite
    """

    def __init__(self, runtime: Runtime, writing: AbstractContextManager[object]) -> None:
        self.runtime = runtime
        self._writing = writing
        self._one_does_chores = threading.Lock()
        self._chores = Chores()
        self._chores_rung, self._chores_at = -1, 0.0
        self._swept: datetime | None = None

    def is_due(self, rung: int) -> bool:
        """While mail keeps coming, chores are looked at when the bell rang or a second passed."""
        return rung != self._chores_rung or time.monotonic() - self._chores_at >= CHORES_EVERY

    def do(self, rung: int) -> bool:
        """One thread at a time is enough; the others go on delivering.

        Each chore by itself, and so each part of the sweep: one that fails keeps none of the rest.
        """
        if not self._one_does_chores.acquire(blocking=False):
            return False
        try:
            self._chores_rung, self._chores_at = rung, time.monotonic()
            chores = self.runtime.chores
            done = self._chores.run(
                (_name_of(each), partial(each, self.runtime)) for each in chores
            )
            if done:
                self._chores_rung = -1  # there may be more
            return self._sweep() or done
        finally:
            self._one_does_chores.release()

    def _sweep(self) -> bool:
        now = self.runtime.now()
        if self._swept is not None and lies_ahead(self._swept + SWEEP_EVERY, now, SWEEP_EVERY):
            return False
        done = self._chores.run((_name_of(part), partial(self._swept_by, part)) for part in PARTS)
        if not done:
            self._swept = now
        return done

    def _swept_by(self, part: Part) -> bool:
        """Steps of one part, each committed, for a moment."""
        end = time.monotonic() + SWEEP_MOMENT
        done = 0
        while time.monotonic() < end:
            with self._writing, self.runtime.database.transaction() as session:
                step = part(
                    session, self.runtime.now(), self.runtime.config.activity_retention_days
                )
            if not step:
                break
            done += step
        return bool(done)


def _name_of(work: Callable[..., object]) -> str:
    named = work if hasattr(work, "__qualname__") else type(work)
    return f"{named.__module__}.{named.__qualname__}"
