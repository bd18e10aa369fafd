"""The two engines, and what bounds every wait for them.

The server's own timeouts end a slow statement and a long wait for a lock. They end nothing when the
server is frozen, or gone without a word: then the client gives up by itself, a moment later.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Dialect, Engine, FromClause, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from app.database_turns import take_turn
from app.database_waits import WORK, patience

CONNECT_SECONDS = 5
"""To PostgreSQL, for each address of its name: until it has let the user in."""

POOL_SECONDS = 10
"""For a connection of this process that another thread is using."""

SLACK_SECONDS = 1
"""How much longer than the server's own timeout the client waits for its answer."""

IDLE_TRANSACTION_SECONDS = 300
"""After which PostgreSQL ends a transaction in which nothing happens, with its locks."""

TCP_USER_SECONDS = 15
"""For PostgreSQL's machine to acknowledge what was sent to it."""

KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""A silent connection is asked after 15 seconds, three times, and given up 15 seconds later."""

_SET, _SYNCHRONOUS = "patience", "synchronous"


class Bounded(psycopg.Connection[Any]):
    """A connection that is given up when the server stays silent longer than patience allows."""

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        seconds = patience().statement + SLACK_SECONDS
        try:
            return super().wait(gen, interval, seconds)
        except psycopg.errors._WaitTimeout:  # the driver's own, for its callers to convert
            self.pgconn.finish()
            raise psycopg.OperationalError(
                f"the server has not answered for {seconds} seconds"
            ) from None


def postgres_engine(url: str) -> Engine:
    given = make_url(url).query
    bounds: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": TCP_USER_SECONDS * 1000,
        "keepalives": 1,
        **KEEPALIVE,
    }
    engine = create_engine(
        url,
        connect_args={name: value for name, value in bounds.items() if name not in given},
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=10,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(
        _dialect: Dialect, _record: object, arguments: list[Any], values: dict[str, Any]
    ) -> Any:
        return Bounded.connect(*arguments, **values)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        wanted = patience()
        if connection.info.get(_SET) == wanted:
            return
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        before = driver.autocommit
        driver.autocommit = True  # a rollback of what follows must not take it back
        connection.exec_driver_sql(
            "SELECT set_config('lock_timeout', %s, false),"
            " set_config('statement_timeout', %s, false),"
            " set_config('idle_in_transaction_session_timeout', %s, false)",
            (f"{wanted.lock}s", f"{wanted.statement}s", f"{IDLE_TRANSACTION_SECONDS}s"),
        )
        driver.autocommit = before
        connection.info[_SET] = wanted

    return engine


SYNCHRONOUS = "FULL"
"""What was committed survives a power cut, unless a transaction is said to be passing: see
docs/decisions/sqlite-durability.md"""

CHECKPOINT_PAGES = 8_000
"""A log as long as this, 32 MB, is carried over by whoever's commit makes it longer. Before that a
thread does so in every process that serves or delivers: see :mod:`app.database_checkpoints`."""


class _WithIndexes(SQLiteCompiler):
    """Passes on which index a query is to use, ``INDEXED BY …``, which SQLAlchemy leaves out."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


def sqlite_engine(url: str) -> Engine:
    # Errors leave out the values of a statement: among them are addresses and hashes.
    engine = create_engine(
        url,
        connect_args={"timeout": WORK.lock},
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
    )

    engine.dialect.statement_compiler = _WithIndexes

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        # Python's driver would begin transactions by itself, and deferred ones: take over.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        record.info[_SYNCHRONOUS] = SYNCHRONOUS
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        wanted = patience()
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if mode == "IMMEDIATE":
            synchronous = connection.get_execution_options().get("sqlite_synchronous", SYNCHRONOUS)
            if connection.info[_SYNCHRONOUS] != synchronous:
                driver.execute(f"PRAGMA synchronous = {synchronous}")
                connection.info[_SYNCHRONOUS] = synchronous
            connection.info.pop(_SET, None)
            if take_turn(driver, wanted.lock):
                connection.info[_SET] = wanted
                return
        elif connection.info.get(_SET) != wanted:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {wanted.lock * 1000}")
            connection.info[_SET] = wanted
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine
