"""SQLite's log is carried over beside those who write, by nobody's commit."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app import database_checkpoints
from app.database import Database
from app.database_checkpoints import Checkpoints
from app.database_engines import CHECKPOINT_PAGES
from app.runtime import EXTENSION
from tests.databases import TEST_DATABASE_URL

PAGE = 4096


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "n.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE kept (number INTEGER, filling BLOB)"))
    carried(database)
    yield database
    database.close()


def carried(database: Database) -> None:
    database_checkpoints.carry_over(database.engine)


def write(database: Database, number: int, filling: bytes = b"") -> None:
    with database.transaction() as session:
        session.execute(
            text("INSERT INTO kept VALUES (:number, :filling)"),
            {"number": number, "filling": filling},
        )


def in_the_file(file: Path) -> int:
    """How many rows stand there without the log. Copied by another process: one that closes the
    file loses its locks on it (https://www.sqlite.org/howtocorrupt.html, 2.2)."""
    alone = file.with_name("alone.db")
    subprocess.run(["cp", file, alone], check=True)
    connection = sqlite3.connect(alone)
    try:
        (number,) = connection.execute("SELECT count(*) FROM kept").fetchone()
    finally:
        connection.close()
    return int(number)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def running(database: Database) -> Iterator[Checkpoints]:
    checkpoints = Checkpoints(database, look_every=0.02)
    checkpoints.start()
    yield checkpoints
    checkpoints.stop()
    checkpoints.stop()


def test_a_commit_leaves_the_file_alone_however_many_there_were_before(
    database: Database, file: Path
) -> None:
    for number in range(15):
        write(database, number, b"x" * 100 * PAGE)
    assert file.with_name("n.db-wal").stat().st_size > 1_500 * PAGE
    assert in_the_file(file) == 0


def test_a_log_that_nobody_looks_after_is_carried_over_in_the_end(
    database: Database, file: Path
) -> None:
    write(database, 1, b"x" * (CHECKPOINT_PAGES + 1) * PAGE)
    assert in_the_file(file) == 1


def test_after_a_number_of_commits_they_stand_in_the_file(
    database: Database, file: Path, running: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_checkpoints, "AFTER_COMMITS", 20)
    for number in range(19):
        write(database, number)
    time.sleep(0.1)
    assert in_the_file(file) == 0
    write(database, 19)
    until(lambda: in_the_file(file) == 20)


def test_after_some_time_a_few_are_enough_but_not_none(
    database: Database, file: Path, running: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_checkpoints, "AFTER_SECONDS", 0.0)
    done: list[Engine] = []
    monkeypatch.setattr(database_checkpoints, "carry_over", done.append)
    with database.session(reading=True) as session:
        session.execute(text("SELECT * FROM kept")).all()
        session.commit()
    time.sleep(0.1)
    assert done == []
    write(database, 1)
    until(lambda: done == [database.engine])


def test_it_works_beside_a_transaction_that_writes_and_one_that_reads(
    database: Database, file: Path
) -> None:
    """It waits for neither, and the reader goes on seeing what it saw."""
    write(database, 1)
    with database.session(reading=True) as reader:
        seen = text("SELECT count(*) FROM kept")
        assert reader.scalar(seen) == 1
        write(database, 2)
        with database.transaction() as session:
            session.execute(text("INSERT INTO kept VALUES (3, '')"))
            began = time.monotonic()
            carried(database)
            assert time.monotonic() - began < 2
        assert reader.scalar(seen) == 1
    carried(database)
    assert in_the_file(file) == 3


def test_an_install_has_it_on_sqlite_alone(app: Flask) -> None:
    runtime = app.extensions[EXTENSION]
    made = [make(runtime) for make in runtime.companions]
    assert any(isinstance(each, Checkpoints) for each in made) is not bool(TEST_DATABASE_URL)
