"""Several delivering processes under one: it starts them, replaces one that died, and stops all.

Python runs one thread at a time in a process, so a machine's other cores need processes. Nothing of
a database or a thread may be open when this begins: the others are forks.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from types import FrameType

BACK_OFF = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before another takes the place of one that died, the longer the more of them did."""

LONG_LIFE = 60.0
"""Seconds after which a process that dies was not one that cannot start."""

LOOK_EVERY = 0.2

PATIENCE = 9.0
"""Seconds that they get to stop, before they are killed: each gives up a slow relay after five."""

log = logging.getLogger("novantra.outbox")


class Processes:
    """So many processes that all do ``work``, until SIGTERM or SIGINT.

    :param work: called in each; it returns when it gets SIGTERM, or when its parent is gone
    """

    def __init__(self, number: int, work: Callable[[], None]) -> None:
        self._number = number
        self._work = work
        self._asked = False
        self._started: dict[int, float] = {}
        self._early = 0

    def run(self) -> None:
        before = [signal.signal(each, self._ask) for each in (signal.SIGTERM, signal.SIGINT)]
        try:
            while not self._asked:
                while len(self._started) < self._number and not self._asked:
                    self._start()
                time.sleep(LOOK_EVERY)
                self._bury()
            self._end()
        finally:
            for each, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
                signal.signal(each, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def _start(self) -> None:
        pause = BACK_OFF[min(self._early, len(BACK_OFF) - 1)]
        until = time.monotonic() + pause
        while time.monotonic() < until and not self._asked:
            time.sleep(min(LOOK_EVERY, pause))
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                self._work()
                code = 0
            finally:
                logging.shutdown()
                os._exit(code)
        self._started[pid] = time.monotonic()

    def _bury(self) -> None:
        for pid, since in list(self._started.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            del self._started[pid]
            code = os.waitstatus_to_exitcode(status)
            if not self._asked:
                log.error(
                    "a delivering process ended; another takes its place", extra={"code": code}
                )
                self._early = 0 if time.monotonic() - since > LONG_LIFE else self._early + 1

    def _end(self) -> None:
        for pid in self._started:
            os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + PATIENCE
        while self._started and time.monotonic() < end:
            time.sleep(0.02)
            self._bury()
        for pid in self._started:
            log.warning("a delivering process did not stop and was killed")
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
