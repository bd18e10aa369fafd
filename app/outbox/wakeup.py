"""Wakes whoever delivers, the moment a mail is committed: no polling delay.

Within a process a bell rings. Between processes PostgreSQL notifies, and a SQLite file tells that
another connection has changed it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

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
        self._listeners: tuple[Callable[[], None], ...] = ()
        self.rung = 0

    def ring(self) -> None:
        with self._condition:
            self.rung += 1
            self._condition.notify_all()
        for each in self._listeners:
            each()

    def listen(self, each: Callable[[], None]) -> None:
        """Call this whenever it rings, for somebody who waits for other things as well."""
        with self._condition:
            self._listeners = (*self._listeners, each)

    def forget(self, each: Callable[[], None]) -> None:
        """Call it no more."""
        with self._condition:
            self._listeners = tuple(other for other in self._listeners if other != each)

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
            return  # workers in other processes see the file change, see :func:`watch`
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


# Before anybody else who listens: others write to the disk, and mail should not wait for that.
@event.listens_for(Session, "after_commit", insert=True)
def _committed(session: Session) -> None:
    # A savepoint's end is no commit: a worker woken now would find nothing and sleep again.
    if not session.in_nested_transaction() and (bell := session.info.pop(_BELL, None)):
        bell.ring()


def waker_of(wake: object) -> Waker:
    """The waker of a runtime that :func:`app.outbox.init_app` has equipped."""
    assert isinstance(wake, Waker)
    return wake


LOOK_EVERY = 0.25
"""Seconds between looks at a SQLite file, which cost a few microseconds each."""

LISTEN_FOR = 1.0
"""Seconds of listening to PostgreSQL before looking whether to stop."""

RECONNECT_AFTER = 5.0


def watch(database: Database, bell: Bell, stop: threading.Event) -> None:
    """Ring until ``stop`` is set. A lost database is no end: it is tried again."""
    while not stop.is_set():
        try:
            if database.is_sqlite:
                _look(database, bell, stop)
            else:
                _listen(database, bell, stop)
        except SQLAlchemyError as error:
            log.warning("cannot watch the database: %s", type(error).__name__)
            stop.wait(RECONNECT_AFTER)


def _look(database: Database, bell: Bell, stop: threading.Event) -> None:
    """SQLite counts the commits of other connections for us (PRAGMA data_version)."""
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        seen = None
        while not stop.wait(LOOK_EVERY):
            cursor.execute("PRAGMA data_version")
            version = cursor.fetchone()
            if seen is not None and version != seen:
                bell.ring()
            seen = version
    finally:
        connection.close()


def _listen(database: Database, bell: Bell, stop: threading.Event) -> None:
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"LISTEN {CHANNEL}"))
        driver = connection.connection.driver_connection
        assert driver is not None
        bell.ring()  # for what was committed before anybody listened
        while not stop.is_set():
            for _notification in driver.notifies(timeout=LISTEN_FOR, stop_after=1):
                bell.ring()
