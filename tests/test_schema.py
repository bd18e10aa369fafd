"""Migrations: applied at start, once, and equal to the models."""

from __future__ import annotations

import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.database import Base, Database
from app.schema import SchemaTooNew, alembic_config, newest_revision, revisions, upgrade


@pytest.fixture
def database(database_url):
    found = Database(database_url)
    yield found
    found.close()


def test_the_migrations_lead_to_the_models(database):
    for package in ("install", "audit", "mailer", "outbox", "accounts", "organizations", "alerts"):
        import_module(f"app.{package}.models")
    import_module("app.throttle")
    import_module("app.counters")
    upgrade(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_the_files_are_numbered_as_alembic_orders_them():
    script = ScriptDirectory.from_config(alembic_config())
    assert [one.revision for one in script.walk_revisions()] == list(reversed(revisions()))
    assert script.get_heads() == [newest_revision()]


def test_processes_starting_together_upgrade_once(database_url):
    problems = []

    def start() -> None:
        mine = Database(database_url)
        try:
            upgrade(mine)
        except Exception as error:  # noqa: BLE001 - any error at all fails the test below
            problems.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_second_start_changes_nothing(database):
    upgrade(database)
    upgrade(database)
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1


def test_a_database_of_a_newer_version_is_left_alone(database):
    upgrade(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="newer version"):
        upgrade(database)


@pytest.mark.process
def test_a_commit_is_on_the_disk_before_anybody_is_told(tmp_path: Path) -> None:
    """Other tests switch this off for speed; a program of its own does not."""
    said = subprocess.run(
        [
            *(sys.executable, "-c"),
            "from app.database import Database; import sys;"
            "c = Database(sys.argv[1]).engine.connect();"
            "print(c.exec_driver_sql('PRAGMA synchronous').scalar())",
            f"sqlite:///{tmp_path / 'one.db'}",
        ],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "2"  # FULL
