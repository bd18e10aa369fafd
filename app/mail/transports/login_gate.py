"""One login at a time, and none right after a refusal: wrong passwords lock accounts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from app.mail.failures import Disposition, disposition_of
from app.mail.failures import FailureCode as Code
from app.mail.phases import Phase
from app.mail.session import Session
from app.mail.session_errors import failures_of
from app.mail.transports.base import TransportError

MEMORY = 0.5
"""Seconds for which a refused login is answered from memory: long enough for other threads to
hear of it and for the outbox to pause, too short to outlive somebody who then mends it."""


class LoginGate:
    """Lets the threads that share a transport find out together that a password is wrong."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._refused: tuple[float, TransportError] | None = None

    def check(self) -> None:
        """Repeats a recent refusal.

        :raises TransportError: the same codes as the relay's own refusal a moment ago.
        """
        if self._refused is None or self._clock() - self._refused[0] > MEMORY:
            return
        past = self._refused[1]
        raise TransportError(past.code, past.phase, past.reply_code, past.enhanced)

    def login(self, session: Session) -> None:
        """Logs ``session`` in, if a user name is set, unless that was refused just now."""
        if not session.settings.username:
            return
        with failures_of(Phase.AUTH, session.settings.provider):
            patience = session.wire.deadline.left()
        if not self._lock.acquire(timeout=patience):
            raise TransportError(Code.AUTH_TEMPORARY, Phase.AUTH)
        try:
            self.check()
            session.login()
        except TransportError as error:
            if disposition_of(error.code) is Disposition.PAUSE:
                self._refused = (self._clock(), TransportError(*_codes(error)))
            raise
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Lets the next login be tried, whatever came of the last."""
        self._refused = None


def _codes(error: TransportError) -> tuple[Code, Phase, int | None, str | None]:
    return error.code, error.phase, error.reply_code, error.enhanced
