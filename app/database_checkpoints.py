"""SQLite's log is carried over into the database file by a thread, beside those who write.

In WAL mode a commit appends to a log, and from time to time the log is carried over: a checkpoint
(https://www.sqlite.org/wal.html#ckpt). Left to itself SQLite has it done by whoever's commit makes
the log a thousand pages long, with two waits for the disk: one form in thirty took two to three
times as long as the others, and whoever delivers stood still meanwhile. A passive checkpoint keeps
nobody from reading or writing.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from app.database import Database

AFTER_COMMITS = 100
"""Of this process, as many as a log of about a thousand pages takes."""

AFTER_SECONDS = 30.0
"""With fewer commits: what is carried over need not be read from the log at the next start."""

LOOK_EVERY = 1.0
"""Seconds. Looking costs nothing while nobody writes."""

log = logging.getLogger("novantra.database")


class Checkpoints:
    """Of one process; see :class:`app.runtime.Companion`. Of several that begin at once, one finds
    the others at it, and leaves it to them."""

    def __init__(self, database: Database, *, look_every: float = LOOK_EVERY) -> None:
        self._engine = database.engine
        self._look_every = look_every
        self._commits = 0
        self._done_at = time.monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="database-checkpoints", daemon=True)

    def start(self) -> None:
        event.listen(self._engine, "commit", self._count)
        self._thread.start()

    def stop(self) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        event.remove(self._engine, "commit", self._count)
        self._thread.join(1.0)

    def _count(self, connection: Connection) -> None:
        if connection.get_execution_options().get("sqlite_begin") != "DEFERRED":
            self._commits += 1  # two at once may count as one, which is near enough

    def _is_due(self) -> bool:
        waited = time.monotonic() - self._done_at
        return self._commits >= AFTER_COMMITS or (self._commits > 0 and waited >= AFTER_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(self._look_every):
            if self._is_due():
                self._commits, self._done_at = 0, time.monotonic()
                try:
                    carry_over(self._engine)
                except (DBAPIError, sqlite3.Error) as error:
                    # Whoever writes does it then: see CHECKPOINT_PAGES in app.database_engines.
                    log.warning("the log could not be carried over: %s", type(error).__name__)


def carry_over(engine: Engine) -> None:
    """As much of the log as no reader still needs. Waits for nobody but the disk."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    finally:
        connection.close()
