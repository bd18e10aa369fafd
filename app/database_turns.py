"""SQLite has one writer at a time: how a transaction waits for its turn.

Left to itself SQLite sleeps for up to a tenth of a second before it looks again. Meanwhile the
place was free, and taken once more by whoever had it last: beside a process that writes without
a pause, such as one that works off a list, a request could wait until it gave up. Here whoever
waits looks again within a millisecond.
"""

from __future__ import annotations

import sqlite3
import time

_SOON, _AT_FIRST = 0.00025, 0.1
"""Seconds between two looks during the first so many of waiting."""

_LATER = 0.001
"""Seconds between two looks after that."""


def take_turn(connection: sqlite3.Connection, seconds: float) -> bool:
    """Begin a transaction that writes; whether that was possible within so many seconds.

    If not, nothing is begun, and SQLite says why as soon as it is asked: its own patience is 0
    then. Else that is ``seconds``, for what may have to wait later.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    until = time.monotonic() + seconds
    while (problem := _begin(connection)) is not None:
        left = until - time.monotonic()
        # An extended code has the kind of problem in its lowest octet.
        if problem & 0xFF != sqlite3.SQLITE_BUSY or left <= 0:
            return False
        time.sleep(_SOON if seconds - left < _AT_FIRST else _LATER)
    connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
    return True


def _begin(connection: sqlite3.Connection) -> int | None:
    """SQLite's code for why it was not possible, or ``None``."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return None
