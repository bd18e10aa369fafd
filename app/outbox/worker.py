"""One step of delivery, which everything that delivers is made of.

The worker commits its claim, talks to the relay with no transaction open and commits the
outcome. Killed at any point it loses nothing: the claim's lease runs out and the same bytes go
out again under the same Message-ID.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.exc import DBAPIError

from app.database import Database
from app.outbox.claim import Claim, Rest, claim_next
from app.outbox.sender import Sender
from app.outbox.settle import Outcome, Tried, settle
from app.outbox.sweep import sweep
from app.runtime import Runtime

SWEEP_EVERY = timedelta(seconds=5)

SETTLE_AGAIN = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds between tries to write an outcome down while the database is away. They end before the
lease does: what the relay accepted should not go out twice because the database restarted."""

log = logging.getLogger("novantra.outbox")


class Step(StrEnum):
    """What a step did, or why it did nothing."""

    SENT = "sent"
    RETRIED = "retried"
    FAILED = "failed"
    HELD = "held"
    STALE = "stale"
    CHORE = "chore"
    PROBING = "probing"
    CLOSED = "closed"
    EMPTY = "empty"

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do until something happens."""
        return self in {Step.PROBING, Step.CLOSED, Step.EMPTY}


class Deliverer:
    """Takes steps. Threads of one process share it, and with it the connections to the relay."""

    def __init__(self, runtime: Runtime, sender: Sender | None = None) -> None:
        self.runtime = runtime
        self.sender = sender or Sender()
        self._chores = threading.Lock()
        self._swept: datetime | None = None
        self._writing = _writing_turns(runtime.database)

    def step(self) -> Step:
        """Do the chores that wait, then deliver one message."""
        did_chores = self._do_chores()
        claim = self._claim()
        if isinstance(claim, Rest):
            return Step.CHORE if did_chores else Step(claim.value)
        return Step(self._deliver(claim).value)

    def close(self) -> None:
        """Hang up."""
        self.sender.close()

    def _do_chores(self) -> bool:
        """One thread at a time is enough; the others go on delivering."""
        if not self._chores.acquire(blocking=False):
            return False
        try:
            done = [chore(self.runtime) for chore in self.runtime.chores]
            return any(done) or self._sweep()
        finally:
            self._chores.release()

    def _sweep(self) -> bool:
        now = self.runtime.now()
        if self._swept is not None and now < self._swept + SWEEP_EVERY:
            return False
        with self._writing, self.runtime.database.transaction() as session:
            changed = sweep(session, now, keep_days=self.runtime.config.activity_retention_days)
        if not changed:
            self._swept = now
        return changed

    def _claim(self) -> Claim | Rest:
        with self._writing, self.runtime.database.transaction() as session:
            return claim_next(session, self.runtime, self.runtime.now())

    def _deliver(self, claim: Claim) -> Outcome:
        tried = self.sender.send(claim)
        for pause in SETTLE_AGAIN:
            try:
                return self._settle(claim, tried)
            except DBAPIError as error:
                log.error("cannot write the outcome yet: %s", type(error.orig).__name__)
                time.sleep(pause)
        return self._settle(claim, tried)

    def _settle(self, claim: Claim, tried: Tried) -> Outcome:
        with self._writing, self.runtime.database.transaction() as session:
            return settle(session, claim, tried, self.runtime.now())


def deliver_next(runtime: Runtime, sender: Sender | None = None) -> bool:
    """One step with connections of its own; whether it did anything."""
    deliverer = Deliverer(runtime, sender)
    try:
        return not deliverer.step().idle
    finally:
        if sender is None:
            deliverer.close()


def _writing_turns(database: Database) -> threading.Lock | _Free:
    # SQLite makes a second writer sleep and look again; a lock hands the turn over at once.
    return threading.Lock() if database.is_sqlite else _Free()


class _Free:
    """A turn that nobody waits for."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...
