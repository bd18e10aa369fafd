"""The threads that deliver: connections that send, one that keeps the books, one that does chores.

A thread survives a database that restarts and mistakes of our own: it says so once, and tries again
after a pause that grows.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from app.outbox.allowance import ASK_AGAIN
from app.outbox.aside import Trouble, never_raising
from app.outbox.claim import Rest
from app.outbox.sweep import next_moment
from app.outbox.worker import Deliverer

LONGEST_SLEEP = 30.0
"""Seconds after which a worker looks even if nobody woke it."""

SHORT_SLEEP = 5.0
"""Seconds of sleep while something is due that cannot be taken: it is in other hands, or held."""

PROBE_SLEEP = 1.0
"""Seconds between looks while another process tries the relay out; one's own rings the bell."""

A_MOMENT = 0.005
"""Seconds between looks at chores at least, in which whoever keeps the books has its turn."""

BACK_OFF = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between tries while nothing can be delivered, because the database is away."""

log = logging.getLogger("novantra.outbox")


class Crew:
    """The threads of one process, over one :class:`Deliverer`.

    :param until_empty: they end by themselves when nothing is due any more, and an error is kept
        in ``error`` and ends them, instead of being waited out
    """

    def __init__(
        self, deliverer: Deliverer, connections: int, *, until_empty: bool = False
    ) -> None:
        self._deliverer = deliverer
        self._hand = deliverer.hand
        self._bell = deliverer.bell
        self._until_empty = until_empty
        self._stopping = threading.Event()
        self.error: BaseException | None = None
        self.seen_at = time.monotonic()
        """When the books were last looked at, by the monotonic clock."""
        self._work: dict[str, Callable[[], None]] = {
            **{f"mail-{number}": self._send for number in range(connections)},
            "mail-books": self._keep_books,
        }
        if not until_empty:
            self._work["mail-chores"] = self._do_chores
        self._threads: dict[str, threading.Thread] = {}

    def start(self) -> None:
        self._bell.listen(self._hand.call)
        for name in self._work:
            self._begin(name)

    def look_after(self) -> None:
        """Put another thread in the place of one that ended."""
        for name, thread in self._threads.items():
            if not thread.is_alive() and not self._stopping.is_set():
                log.error("a delivering thread ended; another takes its place")
                self._begin(name)

    def stop(self) -> None:
        """Begin no further message; what is claimed and not begun goes back at once."""
        self._stopping.set()
        self._deliverer.stop()
        self._bell.ring()

    def join(self, until: float, at_least: float) -> bool:
        """Whether all ended by that time of the monotonic clock; each gets a moment at least."""
        for thread in self._threads.values():
            thread.join(max(until - time.monotonic(), at_least))
        self._bell.forget(self._hand.call)
        return not self.alive

    @property
    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads.values())

    def _begin(self, name: str) -> None:
        work = self._work[name]
        self._threads[name] = threading.Thread(target=work, name=name, daemon=True)
        self._threads[name].start()

    def _send(self) -> None:
        while (claim := self._hand.take()) is not None:
            self._deliverer.offer(claim)

    def _keep_books(self) -> None:
        failures, told = 0, ""
        while not self._hand.is_over():
            done = self._watched(self._turn)
            if not isinstance(done, Trouble):
                failures, told = 0, ""
                continue
            if done.reason != told:
                log.error("no mail can be delivered: %s", done.reason)
                told = done.reason
            self._stopping.wait(BACK_OFF[min(failures, len(BACK_OFF) - 1)])
            failures += 1

    def _turn(self) -> None:
        rung = self._bell.rung
        if self._deliverer.allowance.wants_more:
            self._deliverer.books.ask_for_connections()
        rest = self._deliverer.turn(self._hand.room())
        self.seen_at = time.monotonic()
        if rest is Rest.MOVING or (rest is Rest.CROWDED and self._deliverer.allowance.wants_more):
            return
        if rest is not None and self._until_empty and self._is_empty(rest):
            self.stop()
            return
        self._hand.wait(self._patience(rest), lambda: self._bell.rung != rung, more=rest is None)

    def _patience(self, rest: Rest | None) -> float:
        if rest is Rest.PROBING:
            return PROBE_SLEEP
        if rest is Rest.CROWDED:
            return ASK_AGAIN
        if rest is Rest.PACED:
            return self._deliverer.allowance.wait
        return self._time_to_sleep() if rest is not None else SHORT_SLEEP

    def _time_to_sleep(self) -> float:
        runtime = self._deliverer.runtime
        with runtime.database.session(reading=True) as session:
            now = runtime.now()
            moment = next_moment(session, now)
        if moment is None:
            return LONGEST_SLEEP
        left = (moment - now) / timedelta(seconds=1)
        return min(max(left, 0.05), LONGEST_SLEEP) if left > 0 else SHORT_SLEEP

    def _is_empty(self, rest: Rest) -> bool:
        """Nothing is due, and no chore brings more."""
        nothing = rest in {Rest.EMPTY, Rest.STOPPED} and self._hand.is_empty()
        return nothing and not self._deliverer.upkeep.do(self._bell.rung)

    def _do_chores(self) -> None:
        while not self._stopping.is_set():
            self._watched(self._look_at_chores)
            time.sleep(A_MOMENT)

    def _look_at_chores(self) -> None:
        rung = self._bell.rung
        if self._deliverer.upkeep.do(rung):
            self._bell.ring()  # what they made is to be sent
        elif not self._stopping.is_set():
            self._bell.wait(rung, self._time_to_sleep())

    def _watched(self, work: Callable[[], object]) -> object:
        """An error is logged and waited out by whoever asks, or ends everything."""
        if not self._until_empty:
            return never_raising(work)
        try:
            return work()
        except BaseException as error:  # noqa: BLE001 - raised by whoever waits for the end
            self.error = self.error or error
            self.stop()
            return None
