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
from app.moments import lies_ahead
from app.outbox.claim import Claim, Rest, claim_next
from app.outbox.forward import Forwarder
from app.outbox.gate import Gatekeeper
from app.outbox.sender import Sender
from app.outbox.settle import Outcome, Tried, settle
from app.outbox.sweep import sweep
from app.outbox.waking import waker_of
from app.runtime import Runtime

CHORES_EVERY = 1.0
"""Seconds between looks at chores while there is mail to send."""

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
        self._keeper = Gatekeeper(runtime)
        self._forwarder = Forwarder()
        self._chores = threading.Lock()
        self._chores_rung, self._chores_at = -1, 0.0
        self._others_wait = False
        self._swept: datetime | None = None
        self.bell = waker_of(runtime.wake_worker).bell
        self._writing = _writing_turns(runtime.database)

    def step(self) -> Step:
        """Do the chores that wait, then deliver one message."""
        rung = self.bell.rung
        did_chores = self._do_chores(rung) if self._chores_are_due(rung) else None
        claim = self._claim()
        if not isinstance(claim, Rest):
            outcome = self._deliver(claim)
            self._tell_those_who_waited()
            return Step(outcome.value)
        self._others_wait = self._others_wait or claim is Rest.PROBING
        if did_chores is None:
            did_chores = self._do_chores(rung)
        return Step.CHORE if did_chores else Step(claim.value)

    def close(self) -> None:
        """Hang up."""
        self.sender.close()

    def _tell_those_who_waited(self) -> None:
        """Threads of this process sleep while one message goes ahead to try the relay out."""
        if self._others_wait:
            self._others_wait = False
            self.bell.ring()

    def _chores_are_due(self, rung: int) -> bool:
        """While mail keeps coming, chores are looked at when the bell rang or a second passed."""
        return rung != self._chores_rung or time.monotonic() - self._chores_at >= CHORES_EVERY

    def _do_chores(self, rung: int) -> bool:
        """One thread at a time is enough; the others go on delivering."""
        if not self._chores.acquire(blocking=False):
            return False
        try:
            self._chores_rung, self._chores_at = rung, time.monotonic()
            done = [chore(self.runtime) for chore in self.runtime.chores]
            if any(done):
                self._chores_rung = -1  # there may be more
            return any(done) or self._sweep()
        finally:
            self._chores.release()

    def _sweep(self) -> bool:
        now = self.runtime.now()
        if self._swept is not None and lies_ahead(self._swept + SWEEP_EVERY, now, SWEEP_EVERY):
            return False
        with self._writing, self.runtime.database.transaction() as session:
            changed = sweep(session, now, keep_days=self.runtime.config.activity_retention_days)
        if not changed:
            self._swept = now
        return changed

    def _claim(self) -> Claim | Rest:
        with self._writing, self.runtime.database.transaction() as session:
            return claim_next(session, self._keeper, self.runtime.now(), self._forwarder)

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
