"""One point in time after which a whole session is over, however slowly its bytes drip in."""

from __future__ import annotations

import time
from collections.abc import Callable


class Deadline:
    """Counts down ``total`` seconds on a monotonic clock."""

    def __init__(self, total: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + total

    def left(self) -> float:
        """Seconds until the end.

        :raises TimeoutError: there are none left.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    def step(self, timeout: float) -> Deadline:
        """A deadline for one step: ``timeout`` seconds from now, or this one if it comes first."""
        return Deadline(max(0.0, min(timeout, self._end - self._clock())), self._clock)
