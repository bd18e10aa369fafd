"""Brings the database to this version's schema, once, however many processes start together."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from app.cannot import Cannot, whereabouts
from app.database import Database
from app.database_waits import UNHURRIED, waiting

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do as long as every version uses the same one.
POSTGRES_LOCK = 7_401_225
# Tables of the first release: where they are, a Novantra was.
OURS = frozenset({"install", "users", "audit_events", "outbox_messages"})


class SchemaTooNew(Cannot):
    """The database was written by a newer version of the program."""

    def __init__(self) -> None:
        super().__init__(
            "The database belongs to a newer version of Novantra. Start that version, or"
            " restore the backup made before the upgrade."
        )


class SchemaTooOld(Cannot):
    """The database was written by an older version, and only a start brings it up to date."""

    def __init__(self) -> None:
        super().__init__(
            "The database belongs to an older version of Novantra. Start this version's server"
            " once, which brings it up to date."
        )


class SchemaUnknown(Cannot):
    """There are tables, and nothing says which version wrote them."""

    def __init__(self) -> None:
        super().__init__(
            "The database has tables, but does not say which version of Novantra wrote them"
            " (alembic_version is missing or empty). Restore the backup, or name an empty database"
            " in NOVANTRA_DATABASE_URL."
        )


class NothingInstalled(Cannot):
    """The database is empty."""


@cache
def revisions() -> tuple[str, ...]:
    """This version's revisions, oldest first: the numbers that the files of migrations begin with.

    Alembic would read itself and every file to say so. It is loaded only when one has to be
    applied, and not by each start and command.
    """
    files = (MIGRATIONS / "versions").glob("[0-9]*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def newest_revision() -> str:
    return revisions()[-1]


def alembic_config(connection: Connection | None = None) -> AlembicConfig:
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def current_revision(connection: Connection) -> str | None:
    """The version of the schema, ``None`` in an empty database. Raises :class:`SchemaUnknown`."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if revision is not None:
            return str(revision)
    if tables & OURS:
        raise SchemaUnknown
    return None


def upgrade(
    database: Database, then: Callable[[Connection, str | None], None] | None = None
) -> None:
    """Apply what is missing, in one transaction.

    Raises :class:`SchemaTooNew` and :class:`SchemaUnknown`. The transaction itself is the lock on
    SQLite (``BEGIN IMMEDIATE``); PostgreSQL takes an advisory lock that ends with the transaction.
    ``then`` is called in the same transaction with the revision before (``None`` for an empty
    database), and only if something was applied.
    """
    with waiting(UNHURRIED), _beginning(database) as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POSTGRES_LOCK})
        current = current_revision(connection)
        if current == newest_revision():
            return
        if current is not None and current not in revisions():
            raise SchemaTooNew
        from alembic import command

        command.upgrade(alembic_config(connection), "head")
        if then is not None:
            then(connection, current)
        _check_references(connection)


def require_current(database: Database) -> None:
    """Only look whether the database has this version's schema; nothing is written or locked.

    Raises :class:`NothingInstalled`, :class:`SchemaTooOld`, :class:`SchemaTooNew` and
    :class:`SchemaUnknown`.
    """
    with database.session(reading=True) as session:
        current = current_revision(session.connection())
    if current is None:
        raise NothingInstalled(
            f"There is no install in the database {whereabouts(database.url)}."
            " NOVANTRA_DATABASE_URL names another; the server's first start makes one."
        )
    if current != newest_revision():
        raise SchemaTooOld if current in revisions() else SchemaTooNew


@contextmanager
def _beginning(database: Database) -> Iterator[Connection]:
    """A transaction in which a SQLite table may be made anew with its rows.

    SQLite changes most things of a table by making another one and dropping the first, and the
    drop would take every row that refers to the table along. References are therefore not
    enforced meanwhile (they cannot be switched off inside a transaction), and checked at the end:
    https://sqlite.org/lang_altertable.html#otheralter
    """
    with database.engine.connect() as connection:
        _enforce_references(connection, on=False)
        try:
            with connection.begin():
                yield connection
        finally:
            _enforce_references(connection, on=True)


def _enforce_references(connection: Connection, *, on: bool) -> None:
    raw = connection.connection.driver_connection
    if isinstance(raw, sqlite3.Connection):
        raw.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    dangling = connection.execute(text("PRAGMA foreign_key_check")).first()
    if dangling is not None:
        raise RuntimeError(f"a migration left rows of {dangling[0]} that refer to nothing")
