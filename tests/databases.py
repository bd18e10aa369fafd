"""Databases for tests: an empty one each, and this version's schema to put into it at once."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from app.database import Database
from app.schema import upgrade

TEST_DATABASE_URL = os.environ.get("NOVANTRA_TEST_DATABASE_URL", "")
SEARCH_PATH = "?options=-csearch_path%3D"


@contextmanager
def new_database(folder: Path) -> Iterator[str]:
    """The URL of an empty database: a SQLite file, or a schema on the PostgreSQL under test."""
    if not TEST_DATABASE_URL:
        yield f"sqlite:///{folder / 'novantra.db'}"
        return
    schema = f"test_{secrets.token_hex(6)}"
    admin = create_engine(TEST_DATABASE_URL, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        yield f"{TEST_DATABASE_URL}{SEARCH_PATH}{schema}"
        with admin.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    finally:
        admin.dispose()


class EmptySchema:
    """Migrations take a third of a second: they run once, and tests begin with the outcome."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: Path | None = None
        self._script: str | None = None

    def put_into(self, url: str) -> None:
        """Fill the database of that address, if it is there and empty."""
        if url.startswith("sqlite:///"):
            file = Path(url.removeprefix("sqlite:///"))
            if file.parent.is_dir() and not file.exists():
                shutil.copyfile(self._sqlite(), file)
        elif SEARCH_PATH in url and shutil.which("pg_dump"):
            self._fill_postgres(url)

    def _sqlite(self) -> Path:
        if self._file is None:
            self._file = self._folder / "novantra.db"
            _migrate(f"sqlite:///{self._file}")
        return self._file

    def _fill_postgres(self, url: str) -> None:
        base, _, schema = url.partition(SEARCH_PATH)
        engine = create_engine(base)
        with engine.begin() as connection:
            tables = text("SELECT count(*) FROM pg_tables WHERE schemaname = :schema")
            if connection.execute(tables, {"schema": schema}).scalar() == 0:
                driver = connection.connection.dbapi_connection
                assert driver is not None
                script = self._postgres().replace("SCHEMA_OF_THE_TEST", schema)
                driver.execute(script)  # type: ignore[attr-defined]  # psycopg runs a whole script
        engine.dispose()

    def _postgres(self) -> str:
        if self._script is None:
            with new_database(self._folder) as url:
                _migrate(url)
                base, _, schema = url.partition(SEARCH_PATH)
                dumped = subprocess.run(
                    ["pg_dump", "--no-owner", "--inserts", "-n", schema, "-d", _libpq(base)],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
            kept = (line for line in dumped.splitlines() if not line.startswith("\\"))
            script = "\n".join(kept).replace(f"CREATE SCHEMA {schema};", "")
            self._script = script.replace(schema, "SCHEMA_OF_THE_TEST")
        return self._script


def _migrate(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
