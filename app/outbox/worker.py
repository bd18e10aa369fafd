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
from enum import StrEnum
from functools import partial

from app import correlation
from app.mailer.outgoing import Attempt
from app.outbox.allowance import Allowance
from app.outbox.aside import Trouble, never_raising
from app.outbox.bookkeeping import Bookkeeper
from app.outbox.claim import Rest
from app.outbox.hand import Hand, Outcome
from app.outbox.heartbeats import Heartbeat
from app.outbox.promises import NextUp
from app.outbox.sender import Sender
from app.outbox.settle import SettleResult
from app.outbox.taken import Claim
from app.outbox.upkeep import Upkeep
from app.outbox.wakeup import waker_of
from app.runtime import Runtime

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
        self._stopping = threading.Event()
        self.books = Bookkeeper(runtime, self.hand, self.allowance, self._stopping)
        self.upkeep = Upkeep(runtime, self.books.writing)
        self.bell = waker_of(runtime.wake_worker).bell

    @property
    def counted(self) -> Counter[SettleResult]:
        """What became of the messages so far."""
        return self.books.counted

    def turn(self, room: int) -> Rest | None:
        """See :meth:`app.outbox.bookkeeping.Bookkeeper.turn`."""
        return self.books.turn(room)

    def step(self) -> StepResult:
        """Do the chores that wait, then deliver one message, alone."""
        rung = self.bell.rung
        did_chores = self.upkeep.do(rung) if self.upkeep.is_due(rung) else None
        rest = self.turn(room=1)
        if rest is None:
            claim = self.hand.take_now()
            if claim is None:
                return self._turned_back()
            self.offer(claim)
            return self._turned_back()
        if did_chores is None:
            did_chores = self.upkeep.do(rung)
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
        """Hand one message to the relay and bring back what came of it; then the one that the relay
        was told of meanwhile, if that may still be begun."""
        following: Claim | None = claim
        while following is not None:
            next_up = NextUp(self.hand.promise)
            with correlation.belonging_to(following.correlation_id):
                self._offer(following, next_up)
            following = next_up.claim
            if following is not None and not self.hand.keep(following):
                self.sender.let_go(following)
                following = None

    def _offer(self, claim: Claim, next_up: NextUp) -> None:
        began = time.monotonic()
        tried = never_raising(partial(self.sender.send, claim, next_up))
        if isinstance(tried, Trouble):
            about = {"mail": claim.public_id}
            log.error("a message could not be offered: %s", tried.reason, extra=about)
            outcome = Outcome(claim, reason=tried.reason)
        else:
            outcome = Outcome(claim, tried)
            _log_attempt(claim, tried)
        self.hand.bring(outcome, time.monotonic() - began)


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


def deliver_next(runtime: Runtime, sender: Sender | None = None) -> bool:
    """One step with connections of its own; whether it did anything."""
    deliverer = Deliverer(runtime, sender)
    try:
        return not deliverer.step().idle
    finally:
        if sender is None:
            deliverer.close()
