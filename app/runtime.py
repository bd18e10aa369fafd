"""What a running install is made of, handed to services, the worker and commands alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app

from app.config import Config
from app.crypto.box import SealedBox
from app.database import Database, utcnow

EXTENSION = "novantra"


def _nobody() -> None:
    """Nobody delivers in this process."""


@dataclass
class Runtime:
    """The parts every floor shares. ``clock`` gives aware UTC times."""

    config: Config
    database: Database
    box: SealedBox
    clock: Callable[[], datetime] = utcnow
    # Wakes whoever delivers mail; the outbox puts the real one here.
    wake_worker: Callable[[], None] = field(default=_nobody)
    # What a worker does between deliveries; each says whether it did something.
    chores: list[Callable[[Runtime], bool]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.clock()


def runtime() -> Runtime:
    """The runtime of the application at work."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Runtime)
    return found
