"""Delivers: what all connections of a process do, and what is done in between.

Messages are claimed some at a time and the claim is committed; each is handed to the relay with no
transaction open; outcomes are committed some at a time. Killed at any point a process loses
nothing: the claim's lease runs out and the same bytes go out again under the same Message-ID. What
the relay had taken and nobody had written down yet goes out twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import count, groupby
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import correlation
from app.database import Database
from app.mail.transport import Transport
from app.mailer.active import ActiveMailer, make_transport
from app.mailer.outgoing import Attempt, attempt
from app.moments import lies_ahead
from app.outbox.allowance import Allowance
from app.outbox.aside import Chores, Trouble, alone, everybodys, never_raising, reason_of
from app.outbox.breaker import Breaker, Forwarder
from app.outbox.claim import Claim, Rest, claim_carefully, claim_some
from app.outbox.hand import Books, Hand, Outcome
from app.outbox.heartbeats import Heartbeat
from app.outbox.settle import (
    SettleResult,
    put_back,
    settle,
    settle_sent,
    undo,
    write_down_at_least,
)
from app.outbox.sweep import PARTS
from app.outbox.wakeup import waker_of
from app.runtime import Runtime

Part = Callable[[Session, datetime, int], int]
T = TypeVar("T")

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
    PACED = "paced"
    CROWDED = "crowded"

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do until something happens."""
        return self in {
            StepResult.PROBING,
            StepResult.STOPPED,
            StepResult.EMPTY,
            StepResult.PACED,
            StepResult.CROWDED,
        }


class Deliverer:
    """Takes steps. Threads of one process share it, and with it the connections to the relay."""

    def __init__(
        self,
        runtime: Runtime,
        sender: Sender | None = None,
        connections: int = 1,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self.runtime = runtime
        self.sender = sender or Sender()
        self.hand = Hand(connections, runtime.now)
        self.allowance = Allowance(connections, heartbeat)
        self.counted: Counter[SettleResult] = Counter()
        self._breaker = Breaker(runtime)
        self._forwarder = Forwarder()
        self._one_at_a_time = threading.Lock()
        self._one_does_chores = threading.Lock()
        self._chores = Chores()
        self._chores_rung, self._chores_at = -1, 0.0
        self._swept: datetime | None = None
        self._stopping = threading.Event()
        self.bell = waker_of(runtime.wake_worker).bell
        self._writing = _writing_turns(runtime.database)

    def step(self) -> StepResult:
        """Do the chores that wait, then deliver one message, alone."""
        rung = self.bell.rung
        did_chores = self.do_chores(rung) if self.chores_are_due(rung) else None
        rest = self.turn(room=1)
        if rest is None:
            claim = self.hand.take_now()
            if claim is None:
                return self._turned_back()
            self.offer(claim)
            return self._turned_back()
        if did_chores is None:
            did_chores = self.do_chores(rung)
        return StepResult.CHORE if did_chores else StepResult(rest.value)

    def _turned_back(self) -> StepResult:
        """Write down what the hand holds; what came of the one message that was in it."""
        before = self.counted.copy()
        self.turn(room=0)
        (result,) = self.counted - before or (SettleResult.RETRIED,)
        return StepResult(result.value)

    def stop(self) -> None:
        """Begin nothing more. What is claimed and not begun goes back with the next turn."""
        self._stopping.set()
        self.hand.stop()

    def close(self) -> None:
        """Hang up."""
        self.sender.close()

    def offer(self, claim: Claim) -> None:
        """Hand one message to the relay and bring back what came of it."""
        with correlation.belonging_to(claim.correlation_id):
            self._offer(claim)

    def _offer(self, claim: Claim) -> None:
        began = time.monotonic()
        tried = never_raising(partial(self.sender.send, claim))
        if isinstance(tried, Trouble):
            about = {"mail": claim.public_id}
            log.error("a message could not be offered: %s", tried.reason, extra=about)
            outcome = Outcome(claim, reason=tried.reason)
        else:
            outcome = Outcome(claim, tried)
            _log_attempt(claim, tried)
        self.hand.bring(outcome, time.monotonic() - began)

    def turn(self, room: int) -> Rest | None:
        """Write down what there is, and claim up to ``room`` messages: one transaction for both.

        Says why nothing was claimed, or ``None`` if something was, or nothing was asked for.
        Returns with everything written, however long the database was away; meanwhile nothing is
        begun. An outage while there is nothing to write is raised.
        """
        with self._one_at_a_time:
            books = self.hand.open()
            if not books and room <= 0:
                return None
            done = never_raising(partial(self._together, books, room))
            if isinstance(done, Trouble):
                self.hand.halt()
                self.allowance.forget()
                self._write_each(books)
                self.hand.add([])  # before what may raise: nobody else would end the halt
                done = self._claim(room) if room > 0 else _Turned()
            self.counted.update(done.results)
            self.hand.allow(self.allowance.connections)
            self.hand.add(done.claims)
            return done.rest

    def ask_for_connections(self) -> int:
        """Of a relay that allows only so many; how many there are from now on."""
        with self._writing:
            granted = self.allowance.ask()
        self.hand.allow(granted)
        return granted

    def _together(self, books: Books, room: int) -> _Turned:
        """Claims come first, unless an outcome decides about them: what outcomes change, health
        and counters, is everybody's, and should not be locked for longer than the commit takes."""
        done = _Turned()
        early = not any(one.is_a_warning for one in books.outcomes)
        with self._writing, self.runtime.database.transaction() as session:
            undo(session, books.undone)
            if room > 0 and early:
                self._claim_in(session, done, room, books)
            done.results = self._settle(session, books.outcomes)
            if room > 0 and (not early or done.rest is Rest.PROBING):
                self._claim_in(session, done, room, books)
        return done

    def _claim_in(self, session: Session, done: _Turned, room: int, books: Books) -> None:
        now = self.runtime.now()
        taken = claim_some(
            session,
            self._breaker,
            now,
            self._forwarder,
            room=room,
            allowance=self.allowance,
        )
        if not isinstance(taken, Rest):
            done.claims, done.rest = taken, None
            return
        done.rest = taken
        if taken not in {Rest.EMPTY, Rest.PACED}:
            recalled = self.hand.recall()
            books.undone += recalled  # so that they are not forgotten if this fails
            undo(session, recalled)

    def _settle(self, session: Session, outcomes: list[Outcome]) -> list[SettleResult]:
        """In the order in which they came: a success after a failure is not a failure after a
        success."""
        now = self.runtime.now()
        results: list[SettleResult] = []
        for sent, some in groupby(outcomes, key=_was_sent):
            if sent:
                each = [(one.claim, one.tried) for one in some if one.tried is not None]
                results += settle_sent(session, each, now)
            else:
                results += [_settled(one, session, now) for one in some]
        return results

    def _claim(self, room: int) -> _Turned:
        """Claims in a transaction of their own, looking for the one that makes trouble."""

        def claimed(claim: Callable[..., list[Claim] | Rest]) -> _Turned:
            with self._writing, self.runtime.database.transaction() as session:
                taken = claim(
                    session,
                    self._breaker,
                    self.runtime.now(),
                    self._forwarder,
                    allowance=self.allowance,
                )
            return _Turned(rest=taken) if isinstance(taken, Rest) else _Turned(claims=taken)

        done = alone(partial(claimed, partial(claim_some, room=room)))
        if isinstance(done, Trouble):
            log.error("a message could not be taken, looking for it: %s", done.reason)
            return claimed(claim_carefully)
        return done

    def _write_each(self, books: Books) -> None:
        """Every outcome in a transaction of its own, so that one that cannot be written as usual
        keeps none of the others; and however long the database is away."""
        for outcome in books.outcomes:
            settled = partial(self._write, partial(_settled, outcome))
            written = alone(partial(self._until_written, settled))
            if isinstance(written, Trouble):
                log.error(
                    "an outcome could not be written as usual: %s",
                    written.reason,
                    extra={"mail": outcome.claim.public_id},
                )
                least = partial(_written_at_least, outcome, written.reason)
                written = self._until_written(partial(self._write, least))
            self.counted[written] += 1
        if books.undone:
            self._until_written(partial(self._undo, books.undone))

    def _undo(self, claims: list[Claim]) -> None:
        with self._writing, self.runtime.database.transaction() as session:
            undo(session, claims)

    def _write(self, write: Callable[[Session, datetime], SettleResult]) -> SettleResult:
        with self._writing, self.runtime.database.transaction() as session:
            return write(session, self.runtime.now())

    def _until_written(self, write: Callable[[], T]) -> T:
        """Late is no harm: the fence makes an outcome void that comes after another claim."""
        for tries in count():
            try:
                return write()
            except DBAPIError as error:
                if not everybodys(error):
                    raise
                if tries == 0:
                    log.error("cannot write an outcome yet: %s", reason_of(error))
                pause = SETTLE_AGAIN[min(tries, len(SETTLE_AGAIN) - 1)]
                if self._stopping.wait(pause):
                    time.sleep(LAST_CHANCE)
        raise AssertionError  # count() has no end

    def chores_are_due(self, rung: int) -> bool:
        """While mail keeps coming, chores are looked at when the bell rang or a second passed."""
        return rung != self._chores_rung or time.monotonic() - self._chores_at >= CHORES_EVERY

    def do_chores(self, rung: int) -> bool:
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


@dataclass
class _Turned:
    """What came of a turn."""

    results: list[SettleResult] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    rest: Rest | None = None


def _was_sent(outcome: Outcome) -> bool:
    return outcome.tried is not None and outcome.tried.failure is None


def _log_attempt(claim: Claim, tried: Attempt) -> None:
    """A line for each attempt, whatever came of it; docs/monitoring.md describes the fields."""
    failure = tried.failure
    about: dict[str, object] = {
        "mail": claim.public_id,
        "kind": claim.kind,
        "attempt": claim.attempts + 1,
        "duration_ms": tried.duration_ms,
    }
    if failure is None:
        log.info("mail accepted", extra=about)
        return
    about |= {"code": failure.code.value, "phase": failure.phase.value if failure.phase else None}
    log.warning("mail not accepted", extra=about | {"reply": failure.reply or None})


def _settled(outcome: Outcome, session: Session, now: datetime) -> SettleResult:
    if outcome.tried is None:
        reason = outcome.reason or "nothing was tried"
        return put_back(session, outcome.claim, now, reason=reason)
    return settle(session, outcome.claim, outcome.tried, now)


def _written_at_least(
    outcome: Outcome, reason: str, session: Session, now: datetime
) -> SettleResult:
    if outcome.tried is None:
        return put_back(session, outcome.claim, now, reason=outcome.reason or reason)
    return write_down_at_least(session, outcome.claim, outcome.tried, now, reason=reason)


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
