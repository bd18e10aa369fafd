"""Databases for tests: an empty one each, and this version's schema to put into it at once."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from app.database import Database
from app.schema import upgrade

TEST_DATABASE_URL = os.environ.get("NOVANTRA_TEST_DATABASE_URL", "")
# No test pulls the plug, so none waits for PostgreSQL's disk either: see tests/savings.py.
SEARCH_PATH = "?options=-csynchronous_commit%3Doff%20-csearch_path%3D"
PLACEHOLDER = "SCHEMA_OF_THE_TEST"


@contextmanager
def new_database(folder: Path, schemas: EmptySchema | None = None) -> Iterator[str]:
    """The URL of an empty database: a SQLite file, or a schema on the PostgreSQL under test.

    A schema that was filled from ``schemas`` goes back there, for the next to fill.
    """
    _ASKED.append(folder)
    if not TEST_DATABASE_URL:
        yield f"sqlite:///{folder / 'novantra.db'}"
        return
    schema = f"test_{secrets.token_hex(6)}"
    with _administrator() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        yield f"{TEST_DATABASE_URL}{SEARCH_PATH}{schema}"
    finally:
        with _administrator() as connection:
            if schemas is None or not schemas.take_back(connection, schema):
                connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


_ASKED: list[Path] = []


def asked() -> bool:
    """Whether a database was asked for since this was called last."""
    found = bool(_ASKED)
    _ASKED.clear()
    return found


_ADMINISTRATORS: dict[str, Engine] = {}
"""One connection to each server, kept from test to test: a server starts a process for each."""


@contextmanager
def _administrator() -> Iterator[Connection]:
    url = f"{TEST_DATABASE_URL}{SEARCH_PATH}public"
    if url not in _ADMINISTRATORS:
        _ADMINISTRATORS[url] = create_engine(
            url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True
        )
    with _ADMINISTRATORS[url].connect() as connection:
        yield connection


def hang_up() -> None:
    """Close what was kept."""
    while _ADMINISTRATORS:
        _ADMINISTRATORS.popitem()[1].dispose()


class EmptySchema:
    """Migrations take a third of a second: they run once, and tests begin with the outcome.

    On PostgreSQL even the outcome takes long to make and to drop. A schema is therefore emptied
    after a test and handed to the next under a new name, unless the test changed more than rows.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: Path | None = None
        self._script: str | None = None
        self._shape = ""
        self._filled: set[str] = set()
        self._spare: list[str] = []

    def put_into(self, url: str) -> None:
        """Fill the database of that address, if it is there and empty."""
        if url.startswith("sqlite:///"):
            file = Path(url.removeprefix("sqlite:///"))
            if file.parent.is_dir() and not file.exists():
                shutil.copyfile(self._sqlite(), file)
        elif SEARCH_PATH in url and shutil.which("pg_dump"):
            schema = url.partition(SEARCH_PATH)[2]
            if schema not in self._filled:
                self._fill_postgres(schema)

    def take_back(self, connection: Connection, schema: str) -> bool:
        """Empty what was filled here, to hand it out again. Whether that could be done."""
        if schema not in self._filled:
            return False
        self._filled.remove(schema)
        spare = f"spare_{secrets.token_hex(6)}"
        try:
            if connection.execute(text(SHAPE), {"schema": schema}).scalar_one() != self._shape:
                return False
            _run(connection, EMPTY + _rows_in(self._postgres()), schema)
            connection.execute(text(f"ALTER SCHEMA {schema} RENAME TO {spare}"))
        except (DBAPIError, psycopg.Error):  # somebody still holds a lock there
            return False
        self._spare.append(spare)
        return True

    def close(self) -> None:
        """Leave nothing behind on the server."""
        if self._spare:
            with _administrator() as connection:
                for spare in self._spare:
                    connection.execute(text(f"DROP SCHEMA {spare} CASCADE"))

    def _sqlite(self) -> Path:
        if self._file is None:
            self._file = self._folder / "novantra.db"
            _migrate(f"sqlite:///{self._file}")
        return self._file

    def _fill_postgres(self, schema: str) -> None:
        with _administrator() as connection:
            tables = text("SELECT count(*) FROM pg_tables WHERE schemaname = :schema")
            if connection.execute(tables, {"schema": schema}).scalar_one():
                return
            if self._spare:
                connection.execute(text(f"DROP SCHEMA {schema}"))
                spare = self._spare.pop()
                connection.execute(text(f"ALTER SCHEMA {spare} RENAME TO {schema}"))
            else:
                _run(connection, self._postgres(), schema)
            if not self._shape:
                found = connection.execute(text(SHAPE), {"schema": schema}).scalar_one()
                self._shape = str(found)
            self._filled.add(schema)

    def _postgres(self) -> str:
        if self._script is None:
            with new_database(self._folder) as url:
                _migrate(url)
                self._script = _dump(url)
        return self._script


class Copy:
    """What is in a database now, to be put in place of what is there, or was there, later.

    A backup names its schema. On PostgreSQL the copy goes where it came from therefore.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        if url.startswith("sqlite:///"):
            self._file = folder / f"copy-{secrets.token_hex(6)}.db"
            shutil.copyfile(url.removeprefix("sqlite:///"), self._file)
        else:
            self._script = _dump(url)

    def put_back(self, folder: Path) -> str:
        """The address of the copy, which on SQLite is in ``folder``."""
        if not TEST_DATABASE_URL:
            file = folder / "novantra.db"
            shutil.copyfile(self._file, file)
            return f"sqlite:///{file}"
        schema = self._url.partition(SEARCH_PATH)[2]
        with _administrator() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {schema}"))
            _run(connection, self._script, schema)
        return self._url


SHAPE = """
WITH own AS (SELECT * FROM pg_class WHERE relnamespace = to_regnamespace(:schema)),
parts AS (
  SELECT concat_ws(' ', 'relation', relname, relkind, relhasrules) AS part FROM own
  UNION ALL
  SELECT concat_ws(' ', 'column', relname, attname, format_type(atttypid, atttypmod), attnotnull,
                   atthasdef, attidentity)
  FROM pg_attribute JOIN own ON own.oid = attrelid WHERE attnum > 0 AND relkind = 'r'
  UNION ALL
  SELECT concat_ws(' ', 'constraint', relname, conname, contype, convalidated)
  FROM pg_constraint JOIN own ON own.oid = conrelid
  UNION ALL
  SELECT concat_ws(' ', 'trigger', relname, tgname, tgenabled)
  FROM pg_trigger JOIN own ON own.oid = tgrelid WHERE NOT tgisinternal
  UNION ALL
  SELECT concat_ws(' ', 'function', proname)
  FROM pg_proc WHERE pronamespace = to_regnamespace(:schema)
),
size AS (SELECT sum(pg_relation_size(oid)) > 4000000 AS too_much FROM own WHERE relkind = 'r')
SELECT concat_ws(' ', md5(string_agg(part, ',' ORDER BY part)), (SELECT too_much FROM size))
FROM parts
"""
"""What a schema is made of, in one value; it differs as well once much was written into it."""

EMPTY = """
DO $$
DECLARE one record;
BEGIN
  SET LOCAL lock_timeout = '2s';
  SET LOCAL session_replication_role = replica; -- rows go in any order
  FOR one IN SELECT relname, relkind FROM pg_class
             WHERE relnamespace = 'SCHEMA_OF_THE_TEST'::regnamespace AND relkind IN ('r', 'S') LOOP
    IF one.relkind = 'r' THEN
      EXECUTE format('DELETE FROM SCHEMA_OF_THE_TEST.%I', one.relname);
    ELSE
      PERFORM setval(format('SCHEMA_OF_THE_TEST.%I', one.relname)::regclass, 1, false);
    END IF;
  END LOOP;
END $$;
"""


def _run(connection: Connection, script: str, schema: str) -> None:
    """Many statements at once, which PostgreSQL does all or none of."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(script.replace(PLACEHOLDER, schema))


def _rows_in(script: str) -> str:
    """The statements of a dump that make its rows."""
    return "\n".join(line for line in script.splitlines() if line.startswith("INSERT INTO"))


def _dump(url: str) -> str:
    """A script that makes what is in that schema, in one called :data:`PLACEHOLDER`."""
    base, _, schema = url.partition(SEARCH_PATH)
    dumped = subprocess.run(
        ["pg_dump", "--no-owner", "--inserts", "-n", schema, "-d", _libpq(base)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    kept = (line for line in dumped.splitlines() if not line.startswith("\\"))
    return "\n".join(kept).replace(f"CREATE SCHEMA {schema};", "").replace(schema, PLACEHOLDER)


def _migrate(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
