"""SQLite's one writer: whoever waits gets a turn beside somebody who writes without a pause."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.database import Database
from app.database_faults import fault_of
from app.database_turns import take_turn
from app.database_waits import REQUEST, Patience, waiting

GREEDY = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
while True:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO greedy VALUES (1)")
    until = time.monotonic() + 0.02
    while time.monotonic() < until:
        pass
    connection.execute("COMMIT")
    print(flush=True)
"""
"""As a list is worked off: transactions of a fiftieth of a second, one right behind the other."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "n.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE greedy (x)"))
        session.execute(text("CREATE TABLE ours (x)"))
    yield database
    database.close()


@pytest.mark.process
def test_a_page_is_not_refused_beside_somebody_who_writes_without_a_pause(
    file: Path, database: Database
) -> None:
    """Left to SQLite's own sleep, it most often was: after five seconds without a turn."""
    greedy = subprocess.Popen([sys.executable, "-c", GREEDY, file], stdout=subprocess.PIPE)
    try:
        assert greedy.stdout is not None
        assert greedy.stdout.readline() == b"\n"
        with waiting(REQUEST):
            for _ in range(20):
                with database.transaction() as session:
                    session.execute(text("INSERT INTO ours VALUES (1)"))
        assert greedy.poll() is None
    finally:
        greedy.kill()
        greedy.communicate()
    with database.session(reading=True) as session:
        assert session.scalar(text("SELECT count(*) FROM ours")) == 20


def test_whoever_gets_no_turn_is_told_so_and_may_come_back(file: Path, database: Database) -> None:
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with (
            pytest.raises(OperationalError) as caught,
            waiting(Patience(lock=0, statement=1)),
            database.transaction() as session,
        ):
            session.execute(text("INSERT INTO ours VALUES (1)"))
        assert fault_of(caught.value).is_known
    finally:
        holder.close()
    with database.transaction() as session:
        session.execute(text("INSERT INTO ours VALUES (2)"))
        assert session.scalar(text("PRAGMA busy_timeout")) == 10_000
    with database.session(reading=True) as session:
        assert session.scalar(text("SELECT group_concat(x) FROM ours")) == "2"


def test_what_cannot_begin_for_another_reason_is_not_waited_for(file: Path) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    assert take_turn(connection, 60)
    assert not take_turn(connection, 60), "a transaction within a transaction"
    connection.close()
