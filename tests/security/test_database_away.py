"""A database that is busy or away is said so, in time and on a page, and nothing is half-done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import database_waits
from app.database_waits import Patience
from tests.databases import TEST_DATABASE_URL
from tests.factories import csrf_of
from tests.security.world import build


@pytest.mark.skipif(bool(TEST_DATABASE_URL), reason="only SQLite has one lock for all writers")
def test_a_locked_database_is_a_503_for_who_writes_and_nothing_for_who_reads(
    make_app: Callable[..., Flask],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(database_waits, "REQUEST", Patience(lock=0, statement=10))
    world = build(make_app())
    client = world.client("member")
    token = csrf_of(client.get("/account").data)
    before = world.snapshot()
    holder = sqlite3.connect(world.runtime.config.database_url.removeprefix("sqlite:///"))
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert client.get("/account").status_code == 200
        refused = client.post("/account", data={"csrf_token": token, "name": "New Name"})
    finally:
        holder.rollback()
        holder.close()
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert "Nothing was saved" in refused.text
    assert "SELECT" not in caplog.text
    assert world.snapshot() == before
    done = client.post("/account", data={"csrf_token": token, "name": "New Name"})
    assert done.status_code == 303


def test_twenty_writers_at_once_all_get_their_turn(make_app: Callable[..., Flask]) -> None:
    world = build(make_app())

    def rename(number: int) -> list[int]:
        client: FlaskClient = world.client("member" if number % 2 else "org_admin")
        token = csrf_of(client.get("/account").data)
        return [
            client.post(
                "/account", data={"csrf_token": token, "name": f"N {number} {n}"}
            ).status_code
            for n in range(5)
        ]

    with ThreadPoolExecutor(20) as pool:
        answers = [status for some in pool.map(rename, range(20)) for status in some]
    assert answers == [303] * 100
