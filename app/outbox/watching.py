"""Hears of mail that other processes commit, and rings this process's bell for it."""

from __future__ import annotations

import logging
import threading

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.database import Database
from app.outbox.waking import CHANNEL, Bell

LOOK_EVERY = 0.25
"""Seconds between looks at a SQLite file, which cost a few microseconds each."""

LISTEN_FOR = 1.0
"""Seconds of listening to PostgreSQL before looking whether to stop."""

RECONNECT_AFTER = 5.0

log = logging.getLogger("novantra.outbox")


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
