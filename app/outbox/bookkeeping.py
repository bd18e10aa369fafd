"""Keeps the books of a delivering process: writes outcomes down and claims more, some at a time.

Killed at any point a process loses nothing: the claim's lease runs out and the same bytes go out
again under the same Message-ID. What the relay had taken and nobody had written down yet goes out
twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count, groupby
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database import Database
from app.outbox.allowance import Allowance
from app.outbox.aside import Trouble, alone, everybodys, never_raising, reason_of
from app.outbox.breaker import Breaker, Forwarder
from app.outbox.claim import Rest, claim_carefully, claim_some
from app.outbox.hand import Books, Hand, Outcome
from app.outbox.settle import (
    SettleResult,
    put_back,
    settle,
    settle_sent,
    undo,
    write_down_at_least,
)
from app.outbox.taken import Claim
from app.runtime import Runtime

T = TypeVar("T")

SETTLE_AGAIN = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds between tries to write an outcome down while the database is away; the last one is kept
up until it is written, or somebody else has taken the message."""

LAST_CHANCE = 0.2
"""Seconds between such tries once the process was told to stop."""

log = logging.getLogger("novantra.outbox")


class Bookkeeper:
    """One thread of a process at a time turns over the books.

    :param stopping: set once the process was told to stop
    """

    def __init__(
        self, runtime: Runtime, hand: Hand, allowance: Allowance, stopping: threading.Event
    ) -> None:
        self.runtime = runtime
        self.hand = hand
        self.allowance = allowance
        self.counted: Counter[SettleResult] = Counter()
        self.writing = _writing_turns(runtime.database)
        self._stopping = stopping
        self._breaker = Breaker(runtime)
        self._forwarder = Forwarder()
        self._one_at_a_time = threading.Lock()

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
        with self.writing:
            granted = self.allowance.ask()
        self.hand.allow(granted)
        return granted

    def _together(self, books: Books, room: int) -> _Turned:
        """Claims come first, unless an outcome decides about them: what outcomes change, health
        and counters, is everybody's, and should not be locked for longer than the commit takes."""
        done = _Turned()
        early = not any(one.is_a_warning for one in books.outcomes)
        # Claims alone are good for as long as this process lives.
        passing = not books.outcomes
        with self.writing, self.runtime.database.transaction(passing=passing) as session:
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
            with self.writing, self.runtime.database.transaction() as session:
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
        with self.writing, self.runtime.database.transaction() as session:
            undo(session, claims)

    def _write(self, write: Callable[[Session, datetime], SettleResult]) -> SettleResult:
        with self.writing, self.runtime.database.transaction() as session:
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


@dataclass
class _Turned:
    """What came of a turn."""

    results: list[SettleResult] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    rest: Rest | None = None


def _was_sent(outcome: Outcome) -> bool:
    return outcome.tried is not None and outcome.tried.failure is None


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


def _writing_turns(database: Database) -> threading.Lock | _Free:
    # SQLite makes a second writer sleep and look again; a lock hands the turn over at once.
    return threading.Lock() if database.is_sqlite else _Free()


class _Free:
    """A turn that nobody waits for."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...
