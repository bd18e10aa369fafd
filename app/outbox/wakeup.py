"""Wakes whoever delivers, the moment a mail is committed: no polling delay.

Within a process a bell rings. Between processes PostgreSQL notifies, and beside a SQLite database
a file is touched, which Linux tells whoever watches. What nobody told of is seen a moment later:
SQLite knows that another connection has committed.
"""

from __future__ import annotations

import logging
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

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
        self.committed()
        if self._database.is_sqlite:
            return
        try:
            with self._database.engine.begin() as connection:
                connection.execute(text(f"NOTIFY {CHANNEL}"))
        except SQLAlchemyError as error:
            # They also look by themselves now and then; what was saved stays saved.
            log.warning("other workers were not woken: %s", type(error).__name__)

    def committed(self) -> None:
        """Wakes all whom no NOTIFY has to wake."""
        self.bell.ring()
        if self._database.is_sqlite:
            _touch(self._database)

    def after(self, session: Session) -> None:
        """Wake once what ``session`` does is committed, and not at all if it is rolled back."""
        session.info[_BELL] = self
        if not self._database.is_sqlite:
            # PostgreSQL delivers it at the commit, and only then.
            session.execute(text(f"NOTIFY {CHANNEL}"))


# Before anybody else who listens: others write to the disk, and mail should not wait for that.
@event.listens_for(Session, "after_commit", insert=True)
def _committed(session: Session) -> None:
    # A savepoint's end is no commit: a worker woken now would find nothing and sleep again.
    if not session.in_nested_transaction() and (waker := session.info.pop(_BELL, None)):
        waker.committed()


def waker_of(wake: object) -> Waker:
    """The waker of a runtime that :func:`app.outbox.init_app` has equipped."""
    assert isinstance(wake, Waker)
    return wake


LOOK_EVERY = 0.25
"""Seconds between looks at a SQLite file where no system tells of a touch; each takes a few µs."""

LOOK_AT_LEAST_EVERY = 1.0
"""The same where it does: another program may commit, and a file system may keep it to itself."""

LISTEN_FOR = 1.0
"""Seconds of listening to PostgreSQL before looking whether to stop."""

RECONNECT_AFTER = 5.0


class Stop(threading.Event):
    """Asks a watch to end, also one that sleeps until it is told something."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self._ask = os.pipe()
        self._open = True

    def set(self) -> None:
        if not self.is_set():
            super().set()
            os.write(self._ask, b"!")

    def close(self) -> None:
        """Once nobody watches any more, and it was set."""
        if self._open:
            self._open = False
            os.close(self.asked)
            os.close(self._ask)


def watch(database: Database, bell: Bell, stop: Stop) -> None:
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


def _look(database: Database, bell: Bell, stop: Stop) -> None:
    """SQLite counts the commits of other connections for us (PRAGMA data_version)."""
    with closing(database.engine.raw_connection()) as connection, _told(database, stop) as told:
        cursor = connection.cursor()
        seen = None
        while not stop.is_set():
            touched = seen is not None and told()
            cursor.execute("PRAGMA data_version")
            version = cursor.fetchone()
            if touched or (seen is not None and version != seen):
                bell.ring()
            seen = version


@contextmanager
def _told(database: Database, stop: Stop) -> Iterator[Callable[[], bool]]:
    """Gives what sleeps until the file is touched, ``stop`` is set, or it is time for a look, and
    says whether it was touched."""
    try:
        watching = _watching(database)
    except OSError as error:  # too many watch already, or it is forbidden
        log.info("no touch of a file will be told: %s", type(error).__name__)
        watching = None
    if watching is None:
        yield lambda: stop.wait(LOOK_EVERY) and False
        return
    name = _bell_file(database).name
    with watching:
        poll = select.poll()
        poll.register(watching, select.POLLIN)
        poll.register(stop.asked, select.POLLIN)

        def told() -> bool:
            poll.poll(LOOK_AT_LEAST_EVERY * 1000)
            return any(event.name == name for event in watching.read(timeout=0))

        yield told


def _watching(database: Database) -> Any:
    """inotify(7) for the folder, in which the file comes, goes, and is touched."""
    if sys.platform != "linux":
        return None
    from inotify_simple import INotify, flags

    told = INotify()
    try:
        told.add_watch(_bell_file(database).parent, flags.ATTRIB | flags.CREATE)
    except OSError:
        told.close()
        raise
    return told


def _touch(database: Database) -> None:
    """The file belongs to whose database it is, as SQLite does with its own beside it: after a
    command of root's the service must be able to touch it."""
    file = _bell_file(database)
    try:
        file.touch(mode=0o600)
        if os.geteuid() == 0 and database.file is not None:
            owner = database.file.stat()
            if file.stat().st_uid != owner.st_uid:
                os.chown(file, owner.st_uid, owner.st_gid)
    except OSError as error:
        # They look by themselves, too; what was saved stays saved.
        log.debug("other processes were not woken: %s", type(error).__name__)


def _bell_file(database: Database) -> Path:
    assert database.file is not None
    return database.file.with_name(f"{database.file.name}-bell")


def _listen(database: Database, bell: Bell, stop: Stop) -> None:
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"LISTEN {CHANNEL}"))
        driver = connection.connection.driver_connection
        assert driver is not None
        bell.ring()  # for what was committed before anybody listened
        while not stop.is_set():
            for _notification in driver.notifies(timeout=LISTEN_FOR, stop_after=1):
                bell.ring()
