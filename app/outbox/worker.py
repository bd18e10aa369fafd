"""One step of delivery, which everything that delivers is made of.

The worker commits its claim, talks to the relay with no transaction open and commits the
outcome. Killed at any point it loses nothing: the claim's lease runs out and the same bytes go
out again under the same Message-ID.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import count

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database import Database
from app.mail.transport import Transport
from app.mailer.active import ActiveMailer, make_transport
from app.mailer.outgoing import Attempt, attempt
from app.moments import lies_ahead
from app.outbox.aside import Chores, Trouble, alone, everybodys, never_raising, reason_of
from app.outbox.breaker import Breaker, Forwarder
from app.outbox.claim import Claim, Rest, claim_next
from app.outbox.settle import SettleResult, put_back, settle, write_down_at_least
from app.outbox.sweep import PARTS
from app.outbox.wakeup import waker_of
from app.runtime import Runtime

Part = Callable[[Session, datetime, int], int]

CHORES_EVERY = 1.0
"""Seconds between looks at chores while there is mail to send."""

SWEEP_EVERY = timedelta(seconds=5)

SETTLE_AGAIN = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds between tries to write an outcome down while the database is away; the last one is kept
up until it is written, or somebody else has taken the message."""

LAST_CHANCE = 0.2
"""Seconds between such tries once the process was told to stop."""

SWEEP_MOMENT = 0.25
"""Seconds that one part of a sweep may take before delivering goes on."""

log = logging.getLogger("novantra.outbox")


class StepResult(StrEnum):
    """What a step did, or why it did nothing."""

    SENT = "sent"
    RETRIED = "retried"
    FAILED = "failed"
    HELD = "held"
    STALE = "stale"
    CHORE = "chore"
    PROBING = "probing"
    STOPPED = "stopped"
    EMPTY = "empty"
    MOVING = "moving"
    UNSETTLED = "unsettled"
    """An outcome of this process is not written yet."""

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do until something happens."""
        return self in {
            StepResult.PROBING,
            StepResult.STOPPED,
            StepResult.EMPTY,
            StepResult.UNSETTLED,
        }


class Deliverer:
    """Takes steps. Threads of one process share it, and with it the connections to the relay."""

    def __init__(self, runtime: Runtime, sender: Sender | None = None) -> None:
        self.runtime = runtime
        self.sender = sender or Sender()
        self._breaker = Breaker(runtime)
        self._forwarder = Forwarder()
        self._one_does_chores = threading.Lock()
        self._chores = Chores()
        self._chores_rung, self._chores_at = -1, 0.0
        self._others_wait = False
        self._swept: datetime | None = None
        # Messages whose outcome is not written yet.
        self._unsettled: set[int] = set()
        self._stopping = threading.Event()
        self.bell = waker_of(runtime.wake_worker).bell
        self._writing = _writing_turns(runtime.database)

    def step(self) -> StepResult:
        """Do the chores that wait, then deliver one message."""
        rung = self.bell.rung
        did_chores = self._do_chores(rung) if self._chores_are_due(rung) else None
        if self._unsettled:
            return StepResult.UNSETTLED  # its message might be taken a second time
        claim = self._claim()
        if not isinstance(claim, Rest):
            outcome = self._deliver(claim)
            self._tell_those_who_waited()
            return StepResult(outcome.value)
        self._others_wait = self._others_wait or claim is Rest.PROBING
        if did_chores is None:
            did_chores = self._do_chores(rung)
        return StepResult.CHORE if did_chores else StepResult(claim.value)

    def stop(self) -> None:
        """Begin nothing more. What is claimed and not begun goes back at once."""
        self._stopping.set()

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

    def _claim(self) -> Claim | Rest:
        claim = alone(self._claimed)
        if isinstance(claim, Trouble):
            log.error("a message could not be taken, looking for it: %s", claim.reason)
            return self._claimed(carefully=True)
        return claim

    def _claimed(self, *, carefully: bool = False) -> Claim | Rest:
        with self._writing, self.runtime.database.transaction() as session:
            return claim_next(
                session, self._breaker, self.runtime.now(), self._forwarder, carefully=carefully
            )

    def _deliver(self, claim: Claim) -> SettleResult:
        if self._stopping.is_set():
            return self._put_back(claim)
        tried = never_raising(partial(self.sender.send, claim))
        if isinstance(tried, Trouble):
            log.error(
                "a message could not be offered: %s", tried.reason, extra={"mail": claim.public_id}
            )
            return self._put_back(claim, tried.reason)
        settled = partial(self._settle, claim, tried)
        outcome = alone(partial(self._until_written, claim, settled))
        if isinstance(outcome, Trouble):
            log.error(
                "an outcome could not be written as usual: %s",
                outcome.reason,
                extra={"mail": claim.public_id},
            )
            least = partial(write_down_at_least, claim=claim, tried=tried, reason=outcome.reason)
            return self._until_written(claim, partial(self._write, least))
        return outcome

    def _put_back(self, claim: Claim, reason: str | None = None) -> SettleResult:
        back = partial(put_back, claim=claim, reason=reason)
        return self._until_written(claim, partial(self._write, back))

    def _settle(self, claim: Claim, tried: Attempt) -> SettleResult:
        return self._write(partial(settle, claim=claim, tried=tried))

    def _write(self, write: Callable[..., SettleResult]) -> SettleResult:
        with self._writing, self.runtime.database.transaction() as session:
            return write(session, now=self.runtime.now())

    def _until_written(self, claim: Claim, write: Callable[[], SettleResult]) -> SettleResult:
        """Write what became of a message, however long the database is away.

        Late is no harm: the fence makes an outcome void that comes after another claim.
        """
        try:
            for tries in count():
                try:
                    return write()
                except DBAPIError as error:
                    if not everybodys(error):
                        raise
                    self._unsettled.add(claim.id)
                    if tries == 0:
                        log.error("cannot write an outcome yet: %s", reason_of(error))
                    pause = SETTLE_AGAIN[min(tries, len(SETTLE_AGAIN) - 1)]
                    if self._stopping.wait(pause):
                        time.sleep(LAST_CHANCE)
        finally:
            self._unsettled.discard(claim.id)
        raise AssertionError  # count() has no end


class Sender:
    """Sends claimed messages over the connection that the workers of a process share, rebuilt when
    the configuration changes. Safe to share between threads.

    :param make: builds the transport of a configuration; tests put their own here
    """

    def __init__(self, make: Callable[[ActiveMailer], Transport] = make_transport) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._transport: Transport | None = None
        self._version: object = None

    def send(self, claim: Claim) -> Attempt:
        """Hand one message to the relay, with no transaction open."""
        return attempt(
            self._current(claim.active),
            claim.envelope,
            claim.content,
            kind=claim.kind,
            subject=claim.label,
            message_id=claim.message_id,
        )

    def close(self) -> None:
        """Give up idle connections."""
        with self._lock:
            transport, self._transport, self._version = self._transport, None, None
        if transport is not None:
            transport.close()

    def _current(self, active: ActiveMailer) -> Transport:
        version = active.provider, active.version
        with self._lock:
            old = None if self._version == version else self._transport
            if self._transport is None or self._version != version:
                self._transport, self._version = self._make(active), version
            current = self._transport
        if old is not None:
            old.close()
        return current


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


def _name_of(work: Callable[..., object]) -> str:
    named = work if hasattr(work, "__qualname__") else type(work)
    return f"{named.__module__}.{named.__qualname__}"


class _Free:
    """A turn that nobody waits for."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...
