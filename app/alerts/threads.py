"""The threads of one process that watch how mail is and tell: apart from those that deliver mail,
so that a webhook that hangs delays no mail and no sweep."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

from app.alerts import deliveries, incidents
from app.mailer.summary import current_health
from app.outbox.aside import Chores, Trouble, never_raising
from app.runtime import Runtime

LOOK_EVERY = 5.0
"""Seconds between looks at how mail is and at what is due."""

POOL = 4
"""Requests at the same time, each at most ten seconds long: as many targets may hang before the
others wait."""

PATIENCE = 2.0
"""Seconds that requests under way get at the end. One that takes longer is made again after its
lease, by whoever is there then."""

log = logging.getLogger("novantra.alerts")

Work = Callable[[], object]


class AlertThreads:
    """One thread that looks, and a few that make requests."""

    def __init__(self, runtime: Runtime, *, look_every: float = LOOK_EVERY) -> None:
        self._runtime = runtime
        self._look_every = look_every
        self._chores = Chores()
        self._stopping = threading.Event()
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._free = threading.Semaphore(POOL)
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._threads = [
            threading.Thread(target=self._watch, name="alert-watch", daemon=True),
            *(
                threading.Thread(target=self._ask, name=f"alert-{number}", daemon=True)
                for number in range(POOL)
            ),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing more. Safe to call twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        for _ in range(POOL):
            self._work.put(None)
        end = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0.05))

    def _watch(self) -> None:
        while not self._stopping.wait(self._look_every):
            self._chores.run(
                (
                    ("alerts.look", partial(incidents.look, self._runtime)),
                    ("alerts.deliveries", self._begin_deliveries),
                    ("alerts.pings", self._begin_pings),
                )
            )

    def _begin_deliveries(self) -> bool:
        """Claims no more than there are hands for: what is claimed is begun at once."""
        hands = 0
        while hands < POOL and self._free.acquire(blocking=False):
            hands += 1
        claims = []
        try:
            claims = deliveries.claim(self._runtime, hands) if hands else []
        finally:
            for _ in range(hands - len(claims)):
                self._free.release()
        for claim in claims:
            self._work.put(partial(deliveries.carry_out, self._runtime, claim))
        return bool(claims)

    def _begin_pings(self) -> bool:
        if not self._free.acquire(blocking=False):
            return False
        due: list[str] = []
        try:
            due = deliveries.claim_pings(self._runtime, well=self._is_well())
        finally:
            if not due:
                self._free.release()
        if due:
            self._work.put(partial(self._ping, due))
        return bool(due)

    def _ping(self, due: list[str]) -> None:
        for target_id in due:
            deliveries.ping(self._runtime, target_id)

    def _is_well(self) -> bool:
        with self._runtime.database.session(reading=True) as session:
            return current_health(session, self._runtime).all_well

    def _ask(self) -> None:
        while (work := self._work.get()) is not None and not self._stopping.is_set():
            done = never_raising(work)
            self._free.release()
            if isinstance(done, Trouble):
                log.error("an alert could not be told, and is tried again: %s", done.reason)
