"""Delivers what is due and then ends."""

from __future__ import annotations

import threading
from collections import Counter

from app.outbox.heartbeats import BEAT, Heartbeat
from app.outbox.waking import waker_of
from app.outbox.worker import Deliverer, Step
from app.runtime import Runtime

LOOK_AGAIN = 1.0
"""Seconds between looks while somebody else tries the relay out."""


class Drain:
    """Counts steps while several threads empty the queue together."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._deliverer = Deliverer(runtime)
        self._bell = waker_of(runtime.wake_worker).bell
        self._lock = threading.Lock()
        self.counted: Counter[Step] = Counter()

    def run(self, connections: int) -> Counter[Step]:
        """Until nothing is due. An error of a thread is raised here once the others are done."""
        errors: list[BaseException] = []
        threads = [
            threading.Thread(target=self._until_empty, args=(errors,), daemon=True)
            for _ in range(connections)
        ]
        for thread in threads:
            thread.start()
        heartbeat = Heartbeat(self._runtime, "drain")
        for thread in threads:
            while thread.is_alive():
                heartbeat.beat()
                thread.join(BEAT)
        heartbeat.stop()
        self._deliverer.close()
        if errors:
            raise errors[0]
        return self.counted

    def _until_empty(self, errors: list[BaseException]) -> None:
        try:
            while not errors:
                seen = self._bell.rung
                step = self._deliverer.step()
                if step in {Step.EMPTY, Step.CLOSED}:
                    return
                if step in {Step.PROBING, Step.UNSETTLED}:
                    self._bell.wait(seen, LOOK_AGAIN)
                    continue
                with self._lock:
                    self.counted[step] += 1
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits, raised there
            errors.append(error)
            self._bell.ring()
