"""When a page fails, the log names no link, no address and no value of a statement."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.accounts import reset
from app.runtime import EXTENSION, Runtime
from tests.security.world import World, build

SECRET = "a-secret-that-was-mailed"


@pytest.fixture
def world(make_app: Callable[..., Flask]) -> World:
    world = build(make_app())
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    return world


def test_a_failed_page_is_logged_without_its_address(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reset, "find", fail)
    answer = world.client("visitor").get(f"/reset-password/{SECRET}?email=vera@acme.test")
    assert answer.status_code == 500
    assert "The server failed on this page" in answer.text
    assert "ZeroDivisionError" in caplog.text
    assert "/reset-password/<token>" in caplog.text
    for hidden in (SECRET, "vera@acme.test"):
        assert hidden not in caplog.text
        assert hidden not in answer.text


def test_a_failed_statement_does_not_tell_its_values(runtime: Runtime) -> None:
    statement = text("INSERT INTO there_is_no_such_table VALUES (:value)")
    with runtime.database.session() as session, pytest.raises(DBAPIError) as failure:
        session.execute(statement, {"value": SECRET})
    assert "there_is_no_such_table" in str(failure.value)
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize("person", ["visitor", "install_admin"])
def test_without_a_database_pages_still_say_so_themselves(
    world: World, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.client(person)
    runtime = world.app.extensions[EXTENSION]

    def gone(*_: object, **__: object) -> None:
        raise DBAPIError("SELECT", None, OSError("gone"))

    monkeypatch.setattr(runtime.database, "session", gone)
    monkeypatch.setattr(runtime.database, "_reading", gone)
    for path in ("/admin/system", "/organizations/acme/members", "/reset-password/x"):
        answer = client.get(path)
        if answer.status_code == 303 and person == "visitor":
            continue
        assert answer.status_code == 500, path
        assert "The server failed on this page" in answer.text
        assert answer.headers["Content-Security-Policy"]
