"""Connections that are kept for the next message."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from app.mail.session import Session

MAX_IDLE = 8.0
"""Seconds of rest after which a connection is not used again; Amazon SES hangs up after ten."""

MAX_MESSAGES = 50
"""Messages per connection: front ends of large relays get replaced while one holds on to them."""


class Pool:
    """Idle sessions, the most recently used first. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Session]] = []

    def take(self) -> Session | None:
        """A session that rested only briefly, if there is one; the others are given up."""
        now = self._clock()
        with self._lock:
            rested = [session for since, session in self._idle if now - since > MAX_IDLE]
            self._idle = [entry for entry in self._idle if now - entry[0] <= MAX_IDLE]
            taken = self._idle.pop()[1] if self._idle else None
        for session in rested:
            session.close()
        return taken

    def give(self, session: Session) -> None:
        """Keeps a session that is in step, unless it has carried enough messages."""
        if session.messages >= MAX_MESSAGES:
            session.quit()
            return
        with self._lock:
            self._idle.append((self._clock(), session))

    def clear(self) -> None:
        """Says goodbye on every idle session."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, session in idle:
            session.quit()
