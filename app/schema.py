"""Brings the database to this version's schema, once, however many processes start together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from app.database import Database
from app.database_waits import UNHURRIED, waiting

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do as long as every version uses the same one.
POSTGRES_LOCK = 7_401_225


class SchemaTooNew(RuntimeError):
    """The database was written by a newer version of the program."""


def alembic_config(connection: Connection | None = None) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def current_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)


def upgrade(
    database: Database, then: Callable[[Connection, str | None], None] | None = None
) -> None:
    """Apply what is missing, in one transaction. Raises :class:`SchemaTooNew`.

    The transaction itself is the lock on SQLite (``BEGIN IMMEDIATE``); PostgreSQL takes an
    advisory lock that ends with the transaction. ``then`` is called in the same transaction with
    the revision before (``None`` for an empty database), and only if something was applied.
    """
    script = ScriptDirectory.from_config(alembic_config())
    with waiting(UNHURRIED), database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POSTGRES_LOCK})
        current = current_revision(connection)
        if current == script.get_current_head():
            return
        if current is not None and current not in {r.revision for r in script.walk_revisions()}:
            raise SchemaTooNew(
                "The database belongs to a newer version of Novantra. Start that version, or"
                " restore the backup made before the upgrade."
            )
        command.upgrade(alembic_config(connection), "head")
        if then is not None:
            then(connection, current)
