"""A PostgreSQL schema that one test used is as good as new for the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.database import Database
from tests.databases import SEARCH_PATH, TEST_DATABASE_URL, EmptySchema, new_database
from tests.factories import install_novantra, make_user

pytestmark = pytest.mark.skipif(
    not TEST_DATABASE_URL,
    reason="a SQLite file is a copy; NOVANTRA_TEST_DATABASE_URL names a server",
)


@pytest.fixture
def schemas(tmp_path: Path) -> Iterator[EmptySchema]:
    found = EmptySchema(tmp_path)
    yield found
    found.close()


def use(schemas: EmptySchema, folder: Path, statement: str = "SELECT 1") -> tuple[int, int]:
    """What a test sees that makes a person: their id, and which schema that is, by its oid."""
    with new_database(folder, schemas) as url:
        schemas.put_into(url)
        database = Database(url)
        with database.transaction() as session:
            install_novantra(session)
            made = make_user(session, "alice@acme.test").id
        with database.engine.begin() as connection:
            connection.execute(text(statement))
        database.close()
        engine = create_engine(TEST_DATABASE_URL)
        with engine.connect() as connection:
            oid = text("SELECT to_regnamespace(:name)::oid")
            schema = connection.execute(oid, {"name": url.partition(SEARCH_PATH)[2]}).scalar_one()
        engine.dispose()
    return made, schema


def test_its_rows_are_gone_and_its_ids_begin_anew(schemas: EmptySchema, tmp_path: Path) -> None:
    first = use(schemas, tmp_path)
    assert first[0] == 1
    assert use(schemas, tmp_path) == first


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE users ADD COLUMN shoe_size integer",
        "ALTER TABLE users ALTER COLUMN name DROP NOT NULL",
        "CREATE TABLE shoes (size integer)",
        "CREATE RULE nobody AS ON INSERT TO users DO INSTEAD NOTHING",
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE INDEX another ON users (name)",
        "DROP TABLE outbox_attempts CASCADE",
    ],
)
def test_one_that_was_rebuilt_is_not_handed_on(
    schemas: EmptySchema, tmp_path: Path, statement: str
) -> None:
    first = use(schemas, tmp_path, statement)
    second = use(schemas, tmp_path)
    assert second[1] != first[1]
    assert second[0] == 1
