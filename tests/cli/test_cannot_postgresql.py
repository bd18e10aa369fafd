"""What stands in a command's way on PostgreSQL: one sentence, and nothing is made there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.cli.test_cannot import FLASK, assert_one_sentence, run
from tests.databases import TEST_DATABASE_URL, new_database

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(
        not TEST_DATABASE_URL,
        reason="asks a real PostgreSQL; NOVANTRA_TEST_DATABASE_URL names one",
    ),
]


def test_an_empty_postgresql_database_is_no_install(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with new_database(tmp_path) as url:
        done = run(
            *FLASK, "mailer", "status", NOVANTRA_DATA_DIR=str(data), NOVANTRA_DATABASE_URL=url
        )
        assert_one_sentence(done, "no install in the database", "NOVANTRA_DATABASE_URL")
        engine = create_engine(url)
        with engine.connect() as connection:
            made = connection.execute(
                text("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
            ).scalar_one()
        engine.dispose()
    assert made == 0
    assert not data.exists()
