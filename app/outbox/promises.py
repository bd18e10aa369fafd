"""Messages that wait and are promised to a connection, whose relay may be told of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.outbox.taken import Claim

PATIENT = 0.05
"""Seconds for which a message is promised to one connection; then it is any other's as well."""


@dataclass(frozen=True)
class Waiting:
    """A message that was claimed ``since`` (monotonic), ``at`` (by the wall), and not begun."""

    claim: Claim
    since: float
    at: datetime


class Promises:
    """Not safe to share: whoever has them holds a lock. Moments are of the monotonic clock."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Waiting, float]] = {}

    def __len__(self) -> int:
        return len(self._made)

    def make(self, waiting: Waiting, now: float) -> None:
        """From now on it waits for one connection."""
        self._made[waiting.claim.id] = waiting, now + PATIENT

    def of(self, claim: Claim) -> Waiting | None:
        """What waits, if this claim is still promised, and not a later one of its message."""
        waiting, _ = self._made.get(claim.id, (None, 0.0))
        return waiting if waiting is not None and waiting.claim is claim else None

    def end(self, waiting: Waiting) -> None:
        """Kept or broken."""
        del self._made[waiting.claim.id]

    def end_all(self) -> list[Claim]:
        """What was promised, and is not any more."""
        claims = [waiting.claim for waiting, _ in self._made.values()]
        self._made.clear()
        return claims

    def overdue(self, now: float) -> list[Waiting]:
        """Those whose connection has been too slow."""
        return [waiting for waiting, until in self._made.values() if until <= now]

    def next_overdue(self) -> float | None:
        """When the next one will be."""
        return min((until for _, until in self._made.values()), default=None)


class NextUp:
    """What is promised to a connection while it sends, once its transport asks for that."""

    def __init__(self, promise: Callable[[], Claim | None]) -> None:
        self._promise = promise
        self.claim: Claim | None = None

    def __call__(self) -> Claim | None:
        self.claim = self._promise()
        return self.claim
