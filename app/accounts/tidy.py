"""Throws away what is only counted for minutes, and links and codes long past their use."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import delete

from app.accounts.models import Code, LoginGuard, Throttle, Token
from app.moments import lies_ahead
from app.runtime import Runtime

EVERY = timedelta(hours=1)
COUNTED_FOR = timedelta(days=1)
KEPT_FOR = timedelta(days=30)


class Tidying:
    """A chore of the worker; it does something once an hour."""

    def __init__(self) -> None:
        self._next: datetime | None = None
        self._lock = threading.Lock()

    def __call__(self, runtime: Runtime) -> bool:
        now = runtime.now()
        with self._lock:
            if lies_ahead(self._next, now, EVERY):
                return False
            self._next = now + EVERY
        with runtime.database.transaction() as session:
            session.execute(delete(Throttle).where(Throttle.at < now - COUNTED_FOR))
            session.execute(
                delete(LoginGuard).where(
                    LoginGuard.window_started_at < now - COUNTED_FOR,
                    LoginGuard.locked_until.is_(None) | (LoginGuard.locked_until < now),
                )
            )
            session.execute(delete(Code).where(Code.expires_at < now - COUNTED_FOR))
            session.execute(delete(Token).where(Token.expires_at < now - KEPT_FOR))
        return False
