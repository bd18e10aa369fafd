"""Nobody waits for the database without an end, whatever it does."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import database_engines, database_waits
from app.database import Database
from app.database_faults import Word, fault_of
from app.database_waits import PROBE, REQUEST, UNHURRIED, WORK, Patience, patience, waiting
from app.runtime import EXTENSION
from tests.databases import TEST_DATABASE_URL
from tests.factories import csrf_of
from tests.frozen import FreezingWay
from tests.security.world import build

on_postgres = pytest.mark.skipif(
    not TEST_DATABASE_URL, reason="only a server can be slow, frozen or end a connection"
)
on_sqlite = pytest.mark.skipif(bool(TEST_DATABASE_URL), reason="only SQLite has one write lock")


def test_a_page_waits_less_than_a_worker_and_a_probe_least(app: Flask) -> None:
    assert patience() == WORK
    with app.test_request_context("/"):
        assert patience() == REQUEST
        with waiting(PROBE):
            assert patience() == PROBE
    for shorter, longer in ((PROBE, REQUEST), (REQUEST, WORK), (WORK, UNHURRIED)):
        assert shorter.lock < longer.lock
        assert shorter.statement < longer.statement


def write(database: Database) -> None:
    with database.transaction() as session:
        session.connection()


@pytest.mark.timing
@on_sqlite
def test_a_page_gives_up_a_locked_sqlite_before_a_worker_does(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_waits, "REQUEST", Patience(lock=1, statement=10))
    monkeypatch.setattr(database_waits, "WORK", Patience(lock=3, statement=60))
    database: Database = app.extensions[EXTENSION].database
    holder = sqlite3.connect(database.url.removeprefix("sqlite:///"))
    holder.execute("BEGIN IMMEDIATE")
    try:
        for inside, at_least, at_most in ((True, 0.9, 2.5), (False, 2.7, 6.0)):
            began = time.monotonic()
            context = app.test_request_context("/") if inside else app.app_context()
            with context, pytest.raises(DBAPIError) as caught:
                write(database)
            assert fault_of(caught.value).word is Word.BUSY
            assert at_least < time.monotonic() - began < at_most
    finally:
        holder.close()


@on_postgres
def test_postgresql_ends_a_slow_statement_and_a_long_wait_for_a_lock(database_url: str) -> None:
    database = Database(database_url)
    with waiting(Patience(lock=1, statement=2)):
        with pytest.raises(DBAPIError) as slow, database.transaction() as session:
            session.execute(text("SELECT pg_sleep(20)"))
        with database.transaction() as holder:
            holder.execute(text("SELECT pg_advisory_xact_lock(77)"))
            with pytest.raises(DBAPIError) as locked, database.transaction() as session:
                session.execute(text("SELECT pg_advisory_xact_lock(77)"))
    database.close()
    assert [fault_of(e.value).code for e in (slow, locked)] == ["57014", "55P03"]


@on_postgres
def test_a_rollback_does_not_take_the_bounds_back(database_url: str) -> None:
    database = Database(database_url)
    with waiting(Patience(lock=7, statement=8)):
        for _ in range(2):
            with database.session() as session:
                assert session.scalar(text("SHOW statement_timeout")) == "8s"
                assert session.scalar(text("SHOW lock_timeout")) == "7s"
                session.rollback()
    with waiting(Patience(lock=3, statement=4)), database.session() as session:
        assert session.scalar(text("SHOW statement_timeout")) == "4s"
        assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "5min"
    database.close()


@pytest.mark.slow
@on_postgres
def test_a_frozen_postgresql_is_given_up_by_the_client(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_engines, "CONNECT_SECONDS", 2)
    with FreezingWay(database_url) as way, waiting(Patience(lock=1, statement=1)):
        database = Database(way.url)
        with database.transaction() as session:
            session.execute(text("SELECT 1"))
        way.freeze()
        for _ in range(2):  # a connection that was open, then a new one
            began = time.monotonic()
            with pytest.raises(DBAPIError) as caught, database.transaction() as session:
                session.execute(text("SELECT 1"))
            assert fault_of(caught.value).word is Word.UNREACHABLE
            assert time.monotonic() - began < 8
        way.thaw()
        with database.transaction() as session:
            assert session.scalar(text("SELECT 1")) == 1
        database.close()


@on_postgres
@pytest.mark.parametrize("when", ["before", "inside"])
def test_a_connection_that_postgresql_kills_in_a_request_is_a_503_or_nothing(
    make_app: Callable[..., Flask], when: str
) -> None:
    world = build(make_app())
    killer = Database(world.runtime.config.database_url)

    @world.app.before_request
    def _kill() -> None:
        from app.web.context import db

        if when == "inside":
            mine = db().scalar(text("SELECT pg_backend_pid()"))
            with killer.transaction() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})

    client = world.client("member")
    if when == "before":
        with killer.transaction() as other:
            other.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND query LIKE '%account%'"
                )
            )
    answer = client.get("/account")
    killer.close()
    assert answer.status_code == (503 if when == "inside" else 200)
    if when == "inside":
        assert "Nothing was saved" in answer.text
        assert "<h1" in answer.text


@on_postgres
def test_a_connection_that_dies_after_the_answer_does_not_undo_it(
    make_app: Callable[..., Flask],
) -> None:
    world = build(make_app())
    killer = Database(world.runtime.config.database_url)

    @world.app.after_request
    def _kill(response):  # type: ignore[no-untyped-def]
        from app.web.context import db

        mine = db().scalar(text("SELECT pg_backend_pid()"))
        with killer.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        return response

    client = world.client("member")
    token = csrf_of(client.get("/account").data)
    answer = client.post("/account", data={"csrf_token": token, "name": "New Name"})
    killer.close()
    assert answer.status_code == 303
