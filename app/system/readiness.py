"""Whether the database can be used, found out by using it: by a row written and taken back.

Only a commit reaches the disk, so only a commit finds out that the disk is full. The answer is kept
for some seconds, because anybody may ask for it.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete, insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.database import Database, utcnow
from app.database_faults import DatabaseFault, Word, fault_named, fault_of
from app.database_waits import PROBE, waiting
from app.throttle import Throttle

OK = "ok"
KEPT_SECONDS = 5.0
LEAST_FREE_BYTES = 256 * 1024
"""SQLite finds room for one row in its own files long after a page of text has none."""

_WORDS = {
    Word.CROWDED: Word.BUSY,
    Word.STARTING: Word.UNREACHABLE,
    Word.CANNOT_OPEN: Word.UNREACHABLE,
    Word.REFUSED_LOGIN: Word.UNREACHABLE,
    Word.NO_SUCH_DATABASE: Word.UNREACHABLE,
}
_MARK = "readiness"


@dataclass
class Readiness:
    """One process's last good answer. ``tried_at`` on the monotonic clock."""

    tried_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, database: Database) -> DatabaseFault | None:
        """``None`` while a row can be written; only that answer is kept for a while."""
        with self.lock:
            if self.tried_at is not None and time.monotonic() - self.tried_at < KEPT_SECONDS:
                return None
        found = try_to_write(database)
        with self.lock:
            self.tried_at = time.monotonic() if found is None else None
        return found


def word_for(fault: DatabaseFault | None) -> str:
    """What ``/readyz`` says: ``ok``, ``read_only``, ``full``, ``busy``, ``unreachable``, or the
    kind of a fault that is none of these."""
    return OK if fault is None else str(_WORDS.get(fault.word, fault.word))


def try_to_write(database: Database) -> DatabaseFault | None:
    """Write a row, take it back, commit. Waits no longer than a probe should."""
    row = insert(Throttle).values(purpose=_MARK, subject=_MARK, at=utcnow())
    try:
        with waiting(PROBE), database.transaction() as session:
            session.execute(row)
            session.execute(delete(Throttle).where(Throttle.purpose == _MARK))
    except SQLAlchemyError as error:
        return fault_of(error)
    return _no_room(database)


def _no_room(database: Database) -> DatabaseFault | None:
    path = make_url(database.url).database if database.is_sqlite else None
    if not path or path == ":memory:":
        return None
    disk = os.statvfs(Path(path).parent)
    if disk.f_bavail * disk.f_frsize >= LEAST_FREE_BYTES:
        return None
    return fault_named(Word.FULL, "SQLITE_FULL")
