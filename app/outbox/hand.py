"""What a process that delivers has in hand: claimed and not begun, under way, and not written down.

Its connections take claims and bring outcomes back; one thread, which keeps the books, opens them
now and then: it writes the outcomes, gives back what is not to be sent after all, and claims more,
all in one transaction. Nobody waits for a disk but that thread.

A claim that rests here was asked for a moment ago, and what was true then may have changed. So no
more is taken than goes out within :data:`AHEAD`, and what has nevertheless rested longer than
:data:`FRESH` goes back, to be asked for anew, before it is begun. The first sign that mail may not
go out, in this process or in the database, sends everything back that is not begun.

A connection may have the next message promised while it sends one, so that its relay can be told
of it. A promise begins nothing: the message waits like any other, all that is asked before it is
begun is asked when the promise is kept, and it goes to another connection if the first is too slow.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.mail.failures import Disposition, disposition_of
from app.mailer.outgoing import Attempt
from app.outbox.kinds import EXPRESS
from app.outbox.promises import Promises, Waiting
from app.outbox.taken import Claim

AHEAD = 0.05
"""Seconds of work that are claimed beyond what the connections do at this moment."""

FRESH = 0.25
"""Seconds after its claim in which a message may be begun."""

MOST = 100
"""Messages that wait here at most, however fast the relay is."""

GROUP = 20
"""Outcomes that are written down without waiting for more."""

UNWRITTEN = 40
"""Outcomes that are not written down yet, at most: then nothing more is begun until they are. With
those under way, it is what a killed process sends twice at worst."""

SOON = 0.004
"""Seconds that an outcome waits for others at most, before it is written down with them."""

WALL_FRESH = timedelta(seconds=5)
"""The same as :data:`FRESH` by the clock on the wall, which goes on while a machine is asleep."""


@dataclass(frozen=True)
class Outcome:
    """What came of one claim: an attempt, or trouble of our own with a ``reason``."""

    claim: Claim
    tried: Attempt | None = None
    reason: str | None = None

    @property
    def is_a_warning(self) -> bool:
        """Whether the next message would probably fare the same: then no other is begun."""
        failure = self.tried.failure if self.tried is not None else None
        return failure is not None and disposition_of(failure.code) is not Disposition.REJECT


@dataclass
class Books:
    """What is to be written down: outcomes in the order in which they came, and claims to undo."""

    outcomes: list[Outcome] = field(default_factory=list)
    undone: list[Claim] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.outcomes or self.undone)


class Hand:
    """Shared by the threads of one process.

    :param connections: how many of them send at the same time
    """

    def __init__(self, connections: int, now: Callable[[], datetime]) -> None:
        self._connections = self._allowed = connections
        self._now = now
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._books = threading.Condition(self._lock)
        self._express: deque[Waiting] = deque()
        self._ordinary: deque[Waiting] = deque()
        self._promised = Promises()
        self._outcomes: list[Outcome] = []
        self._undone: list[Claim] = []
        self._first_outcome = 0.0
        self._urgent = False
        self._opened = 0
        self._idle = self._under_way = 0
        self._seconds: float | None = None
        self._halted = self._stopped = False

    # -- for connections

    def take(self) -> Claim | None:
        """The next message to send; waits for one. ``None`` once it is time to stop."""
        with self._lock:
            while not self._stopped:
                claim = self._next()
                if claim is not None:
                    return claim
                self._idle += 1
                self._books.notify()
                self._ready.wait(self._until_broken())
                self._idle -= 1
            return None

    def take_now(self) -> Claim | None:
        """The next message to send, if there is one."""
        with self._lock:
            return None if self._stopped else self._next()

    def bring(self, outcome: Outcome, seconds: float) -> None:
        """What came of a message that was taken, and how long that took."""
        with self._lock:
            self._under_way -= 1
            if not self._outcomes:
                self._first_outcome = time.monotonic()
            self._outcomes.append(outcome)
            if outcome.is_a_warning:
                self._undo_waiting()
                self._urgent = True
            before = self._seconds
            self._seconds = seconds if before is None else before + (seconds - before) / 8
            if len(self._outcomes) == 1 or self._to_be_opened():
                self._books.notify_all()

    def promise(self) -> Claim | None:
        """The message that would be next on the connection that asks, which says later whether to
        :meth:`keep` it. None while another connection waits for one."""
        with self._lock:
            if self._stopped or self._halted or self._free():
                return None
            line = self._express or self._ordinary
            if not line or not self._is_fresh(line[0]):
                return None
            waiting = line.popleft()
            self._promised.make(waiting, time.monotonic())
            return waiting.claim

    def keep(self, claim: Claim) -> bool:
        """Whether a message that was promised is begun now: it is the caller's then, as if taken.

        Waits a moment if nothing may be begun before outcomes are written down.
        """
        with self._lock:
            while (waiting := self._promised.of(claim)) is not None:
                if not self._is_fresh(waiting) or self._under_way >= self._allowed:
                    self._break(waiting)
                elif self._may_begin():
                    self._promised.end(waiting)
                    self._begin()
                    return True
                else:
                    self._ready.wait(FRESH)
            return False

    def _next(self) -> Claim | None:
        if not self._may_begin():
            return None
        if self._promised:
            for waiting in self._promised.overdue(time.monotonic()):
                self._break(waiting)
        for line in (self._express, self._ordinary):
            while line:
                waiting = line.popleft()
                if self._is_fresh(waiting):
                    self._begin()
                    return waiting.claim
                self._undone.append(waiting.claim)
        return None

    def _may_begin(self) -> bool:
        if self._halted or self._under_way >= self._allowed:
            return False
        return len(self._outcomes) + self._opened < UNWRITTEN

    def _begin(self) -> None:
        self._under_way += 1
        if self._runs_low():
            self._books.notify()

    def _break(self, waiting: Waiting) -> None:
        """It waits again, in front of the others, or goes back if it has for too long."""
        self._promised.end(waiting)
        if self._is_fresh(waiting):
            line = self._express if waiting.claim.lane == EXPRESS else self._ordinary
            line.appendleft(waiting)
            self._ready.notify()
        else:
            self._undone.append(waiting.claim)
            self._books.notify()

    def _until_broken(self) -> float | None:
        """Seconds until a message that is promised to a connection is any other's."""
        moment = self._promised.next_overdue() if self._may_begin() else None
        return None if moment is None else max(moment - time.monotonic(), 0.0)

    def _is_fresh(self, waiting: Waiting) -> bool:
        return (
            time.monotonic() - waiting.since <= FRESH
            and abs(self._now() - waiting.at) <= WALL_FRESH
        )

    # -- for whoever keeps the books

    def room(self) -> int:
        """How many more messages there is use for."""
        with self._lock:
            return self._room()

    def open(self) -> Books:
        """What is to be written down; it is the caller's from here on."""
        with self._lock:
            books = Books(self._outcomes, self._undone)
            self._opened = len(books.outcomes)
            self._outcomes, self._undone, self._urgent = [], [], False
            return books

    def add(self, claims: Sequence[Claim]) -> None:
        """What was opened is written down, and these were just claimed, in the order in which they
        are to go out."""
        now, at = time.monotonic(), self._now()
        with self._lock:
            self._halted, self._opened = False, 0
            for claim in claims:
                line = self._express if claim.lane == EXPRESS else self._ordinary
                line.append(Waiting(claim, now, at))
            if self._stopped:
                self._undo_waiting()
            self._ready.notify_all()

    def recall(self) -> list[Claim]:
        """What waits is not to be sent after all: the caller gives it back."""
        with self._lock:
            before, self._undone = self._undone, []
            self._undo_waiting()
            recalled, self._undone = self._undone, before
            return recalled

    def allow(self, connections: int) -> None:
        """Use no more connections than the relay allows."""
        with self._lock:
            self._allowed = min(connections, self._connections)

    def halt(self) -> None:
        """Begin nothing until :meth:`add`; what waits goes back with the next books."""
        with self._lock:
            self._halted = True
            self._undo_waiting()

    def stop(self) -> None:
        """Begin nothing any more; what waits goes back with the next books."""
        with self._lock:
            self._stopped = True
            self._undo_waiting()
            self._ready.notify_all()
            self._books.notify_all()

    def call(self) -> None:
        """Wake whoever keeps the books."""
        with self._lock:
            self._books.notify_all()

    def wait(self, seconds: float, called: Callable[[], bool], *, more: bool) -> None:
        """Until there is something to write down, or ``called``: no longer than ``seconds``.

        ``called`` must wake this with :meth:`call` to be noticed.

        :param more: there are more messages to be had, so wait no longer than until there is use
            for them
        """
        end = time.monotonic() + seconds
        with self._lock:
            while not (self._to_be_opened() or called() or (more and self._runs_low())):
                now = time.monotonic()
                if now >= end or (self._stopped and self._is_empty()):
                    return
                soon = self._first_outcome + SOON if self._outcomes else end
                self._books.wait(max(min(soon, end) - now, 0))

    def is_empty(self) -> bool:
        """Nothing waits, nothing is under way, and everything was opened."""
        with self._lock:
            return self._is_empty()

    def is_over(self) -> bool:
        """Whether it was stopped, and nothing is left to be written down."""
        with self._lock:
            return self._stopped and self._is_empty()

    def _is_empty(self) -> bool:
        lines = self._express or self._ordinary or self._promised
        return not (lines or self._under_way or self._outcomes or self._undone)

    def _room(self) -> int:
        if self._halted or self._stopped:
            return 0
        return max(self._free() + self._ahead() - self._waiting(), 0)

    def _runs_low(self) -> bool:
        wanted = self._free() + (self._ahead() + 1) // 2
        return not (self._halted or self._stopped) and self._waiting() < wanted

    def _free(self) -> int:
        """Connections that wait for a message and may have one."""
        return max(min(self._idle, self._allowed - self._under_way), 0)

    def _ahead(self) -> int:
        """Messages that go out within :data:`AHEAD`; none while a message takes longer."""
        if not self._seconds:
            return 0 if self._seconds is None else MOST
        return min(int(self._allowed * AHEAD / self._seconds), MOST)

    def _waiting(self) -> int:
        return len(self._express) + len(self._ordinary) + len(self._promised)

    def _to_be_opened(self) -> bool:
        if self._urgent or self._undone:
            return True
        if not self._outcomes:
            return False
        quiet = self._stopped or not (self._under_way or self._waiting())
        late = time.monotonic() >= self._first_outcome + SOON
        return quiet or late or len(self._outcomes) >= GROUP

    def _undo_waiting(self) -> None:
        self._undone += self._promised.end_all()
        for line in (self._express, self._ordinary):
            self._undone += (waiting.claim for waiting in line)
            line.clear()
