"""Whatever a database refuses, and whichever engine it is, comes out as one word with a cure."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError, TimeoutError

from app.database import Database
from app.database_faults import SENTENCES, DatabaseFault, Word, fault_of
from app.database_waits import Patience
from tests.databases import TEST_DATABASE_URL
from tests.relays.ports import free_port


def faults_when(url: str, *statements: str) -> DatabaseFault:
    """What comes of the statements."""
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
            connection.commit()
    except SQLAlchemyError as error:
        return fault_of(error)
    finally:
        database.close()
    raise AssertionError("nothing failed")


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return tmp_path / "novantra.db"


@pytest.mark.parametrize("word", Word)
def test_every_word_has_a_cause_and_a_cure_without_values(word: Word) -> None:
    cause, cure = SENTENCES[word]
    assert not cause.endswith(".")
    assert cure.endswith(".")
    assert DatabaseFault(word, cause, cure, "X").sentence.endswith(cause[1:] + ".")


def test_a_file_that_is_no_database(sqlite_file: Path) -> None:
    sqlite_file.write_text("hello, hello, hello, hello\n" * 100)
    fault = faults_when(f"sqlite:///{sqlite_file}", "SELECT 1 FROM sqlite_master")
    assert (fault.word, fault.code) == (Word.NOT_A_DATABASE, "SQLITE_NOTADB")


def test_a_folder_in_place_of_the_file(sqlite_file: Path) -> None:
    sqlite_file.mkdir()
    assert faults_when(f"sqlite:///{sqlite_file}", "SELECT 1").word is Word.CANNOT_OPEN


def test_a_full_database_and_a_read_only_one(sqlite_file: Path) -> None:
    url = f"sqlite:///{sqlite_file}"
    full = faults_when(
        url,
        "CREATE TABLE heap (x BLOB)",
        "PRAGMA max_page_count = 3",
        "INSERT INTO heap VALUES (randomblob(100000))",
    )
    assert (full.word, full.code) == (Word.FULL, "SQLITE_FULL")
    shut = faults_when(url, "PRAGMA query_only = ON", "CREATE TABLE other (x INTEGER)")
    assert shut.word is Word.READ_ONLY


def test_a_locked_database_passes(sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("app.database_waits.WORK", "app.database_engines.WORK"):
        monkeypatch.setattr(place, Patience(lock=0, statement=60))
    holder = sqlite3.connect(sqlite_file)
    holder.execute("BEGIN EXCLUSIVE")
    with contextlib.closing(holder):
        fault = faults_when(f"sqlite:///{sqlite_file}", "CREATE TABLE x (y INTEGER)")
    assert fault.word is Word.BUSY
    assert fault.passes


def test_a_table_that_is_missing_is_a_schema_of_another_version(sqlite_file: Path) -> None:
    assert (
        faults_when(f"sqlite:///{sqlite_file}", "SELECT * FROM nowhere").word is Word.WRONG_SCHEMA
    )


def test_a_wrong_statement_is_nobodys_fault_but_ours(sqlite_file: Path) -> None:
    fault = faults_when(f"sqlite:///{sqlite_file}", "SELEKT 1")
    assert fault.word is Word.OTHER
    assert not fault.is_known


def test_a_pool_with_no_connection_left_is_busy() -> None:
    assert (
        fault_of(TimeoutError("QueuePool limit of size 10 overflow 10 reached")).word is Word.BUSY
    )


def test_no_server_behind_the_address() -> None:
    url = f"postgresql+psycopg://u:canary@127.0.0.1:{free_port()}/novantra"
    fault = faults_when(url, "SELECT 1")
    assert fault.word is Word.UNREACHABLE
    assert "canary" not in repr(fault)
    assert faults_when("postgresql+psycopg://u@host.invalid/x", "SELECT 1").word is Word.UNREACHABLE


def test_an_option_nobody_knows_is_a_bad_address() -> None:
    for option in ("sslmode=bogus", "connect_timeout=soon", "no_such_option=1"):
        url = f"postgresql+psycopg://u@127.0.0.1:{free_port()}/x?{option}"
        assert faults_when(url, "SELECT 1").word is Word.BAD_URL, option


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ('FATAL:  password authentication failed for user "novantra"', Word.REFUSED_LOGIN),
        ('no pg_hba.conf entry for host "10.0.0.7", user "n", database "n"', Word.REFUSED_LOGIN),
        ("fe_sendauth: no password supplied", Word.REFUSED_LOGIN),
        ("FATAL:  the database system is starting up", Word.STARTING),
        ("FATAL:  the database system is shutting down", Word.STARTING),
        ("FATAL:  sorry, too many clients already", Word.CROWDED),
        ('FATAL:  permission denied for database "n"', Word.NO_RIGHT),
        ("server closed the connection unexpectedly", Word.UNREACHABLE),
    ],
)
def test_what_a_refused_connection_says_is_read(said: str, word: Word) -> None:
    wrapped = OperationalError(None, None, psycopg.OperationalError(f"connection failed: {said}"))
    assert fault_of(wrapped).word is word


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (psycopg.errors.DiskFull(), Word.FULL),
        (psycopg.errors.ReadOnlySqlTransaction(), Word.READ_ONLY),
        (psycopg.errors.LockNotAvailable(), Word.BUSY),
        (psycopg.errors.QueryCanceled(), Word.BUSY),
        (psycopg.errors.AdminShutdown(), Word.STARTING),
        (psycopg.errors.TooManyConnections(), Word.CROWDED),
        (psycopg.errors.InsufficientPrivilege(), Word.NO_RIGHT),
        (psycopg.errors.IoError(), Word.IO_ERROR),
        (psycopg.errors.DataCorrupted(), Word.DAMAGED),
        (psycopg.errors.UniqueViolation(), Word.OTHER),
    ],
)
def test_an_sqlstate_decides(error: psycopg.Error, word: Word) -> None:
    fault = fault_of(error)
    assert fault.word is word
    assert re.fullmatch(r"[0-9A-Z]{5}", fault.code)


@pytest.fixture
def stranger() -> Iterator[str]:
    """The URL of a login on the PostgreSQL under test that owns nothing."""
    admin = create_engine(TEST_DATABASE_URL, isolation_level="AUTOCOMMIT")
    name = f"stranger_{free_port()}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'canary'"))
    try:
        url = make_url(TEST_DATABASE_URL).set(username=name, password="canary")
        yield url.render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP ROLE {name}"))
        admin.dispose()


needs_postgres = pytest.mark.skipif(
    not TEST_DATABASE_URL, reason="asks a real PostgreSQL; NOVANTRA_TEST_DATABASE_URL names one"
)


@needs_postgres
def test_a_real_server_refuses_names_and_rights(stranger: str) -> None:
    url = make_url(TEST_DATABASE_URL)
    gone = url.set(database="no_such_database").render_as_string(hide_password=False)
    assert faults_when(gone, "SELECT 1").word is Word.NO_SUCH_DATABASE
    nobody = url.set(username="no_such_role").render_as_string(hide_password=False)
    assert faults_when(nobody, "SELECT 1").word is Word.REFUSED_LOGIN
    assert faults_when(stranger, "CREATE SCHEMA mine").word is Word.NO_RIGHT
    lost = f"{TEST_DATABASE_URL}?options=-csearch_path%3Dnowhere"
    assert faults_when(lost, "CREATE TABLE x (y INTEGER)").word is Word.NO_SCHEMA
    shut = f"{TEST_DATABASE_URL}?options=-cdefault_transaction_read_only%3Don"
    assert faults_when(shut, "CREATE TABLE x (y INTEGER)").word is Word.READ_ONLY
