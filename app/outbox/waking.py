"""Wakes whoever delivers, the moment a mail is committed: no polling delay."""

from __future__ import annotations

import logging
import threading

from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.database import Database

CHANNEL = "novantra_outbox"
_BELL = "novantra.bell"
log = logging.getLogger("novantra.outbox")


class Bell:
    """Rings once for everybody who waits. ``rung`` tells whether it rang since one last looked."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.rung = 0

    def ring(self) -> None:
        with self._condition:
            self.rung += 1
            self._condition.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """Sleeps until it rings, unless it has rung since ``seen``; answers with the new count."""
        with self._condition:
            self._condition.wait_for(lambda: self.rung != seen, max(seconds, 0))
            return self.rung


class Waker:
    """What ``runtime.wake_worker`` is: wakes this process's workers and those of others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.bell = Bell()

    def __call__(self) -> None:
        self.bell.ring()
        if self._database.is_sqlite:
            return  # workers in other processes see the file change, see watching.py
        try:
            with self._database.engine.begin() as connection:
                connection.execute(text(f"NOTIFY {CHANNEL}"))
        except SQLAlchemyError as error:
            # They also look by themselves now and then; what was saved stays saved.
            log.warning("other workers were not woken: %s", type(error).__name__)

    def after(self, session: Session) -> None:
        """Wake once what ``session`` does is committed, and not at all if it is rolled back."""
        session.info[_BELL] = self.bell
        if not self._database.is_sqlite:
            # PostgreSQL delivers it at the commit, and only then.
            session.execute(text(f"NOTIFY {CHANNEL}"))


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    # A savepoint's end is no commit: a worker woken now would find nothing and sleep again.
    if not session.in_nested_transaction() and (bell := session.info.pop(_BELL, None)):
        bell.ring()


def waker_of(wake: object) -> Waker:
    """The waker of a runtime that :func:`app.outbox.init_app` has equipped."""
    assert isinstance(wake, Waker)
    return wake
