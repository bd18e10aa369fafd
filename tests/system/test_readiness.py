"""``/readyz`` tries to write and says what is wrong, and pages say the same."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import database_waits
from app.database_waits import Patience
from app.runtime import EXTENSION
from app.system import readiness
from app.throttle import Throttle
from tests.databases import TEST_DATABASE_URL
from tests.factories import csrf_of, install_novantra
from tests.security.world import build

on_sqlite = pytest.mark.skipif(
    bool(TEST_DATABASE_URL), reason="the disk and the rights of the file are this test's to change"
)
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small file system")


@pytest.fixture(autouse=True)
def ask_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "KEPT_SECONDS", 0.0)


def test_ready_means_that_a_row_was_written_and_leaves_none(app: Flask) -> None:
    client = app.test_client()
    for _ in range(3):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["database"]) == (200, "ok")
    with app.extensions[EXTENSION].database.session() as session:
        assert session.scalar(select(func.count()).select_from(Throttle)) == 0


def test_a_good_answer_is_kept_for_a_moment_so_that_asking_costs_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "KEPT_SECONDS", 60.0)
    tried = []
    real = readiness.try_to_write
    monkeypatch.setattr(readiness, "try_to_write", lambda d: tried.append(1) or real(d))
    for _ in range(5):
        assert app.test_client().get("/readyz").status_code == 200
    assert len(tried) == 1


@on_sqlite
def test_a_locked_database_is_busy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "PROBE", Patience(lock=0, statement=1))
    holder = sqlite3.connect(app.extensions[EXTENSION].config.database_url[len("sqlite:///") :])
    holder.execute("BEGIN IMMEDIATE")
    with closing(holder):
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, answer.json["database"]) == (503, "busy")
        assert answer.json["mail"]["state"] == "pending", "what can be read is told"
        assert app.test_client().get("/healthz").json == {"status": "ok"}
    assert app.test_client().get("/readyz").status_code == 200


def posted(client: FlaskClient) -> tuple[int, str]:
    token = csrf_of(client.get("/account").data)
    answer = client.post("/account", data={"csrf_token": token, "name": "New Name"})
    return answer.status_code, answer.text


@on_sqlite
def test_a_database_that_can_only_be_read_is_said_so_everywhere(
    make_app: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    world = build(make_app())
    with world.runtime.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.rollback()
    client = world.client("member")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "read_only")
    assert client.get("/account").status_code == 200, "reading goes on"
    status, page = posted(client)
    assert status == 503
    assert "can be read but not written" in page
    assert "busy" not in page
    assert "SQLITE_READONLY" in {getattr(record, "code", None) for record in caplog.records}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@on_sqlite
@as_root
def test_a_full_disk_is_told_and_over_as_soon_as_there_is_room(
    make_app: Callable[..., Flask], small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(database_url=f"sqlite:///{small_disk}/novantra.db")
    world = build(app)
    client = world.client("member")
    assert client.get("/readyz").status_code == 200
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    # What the log already has room for goes in yet.
    statuses = [posted(client) for _ in range(60)]
    full = [page for status, page in statuses if status == 503]
    assert full
    assert all("the disk that holds the database is full" in page.lower() for page in full)
    codes = {getattr(record, "code", None) for record in caplog.records}
    assert "SQLITE_FULL" in codes
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "full")
    assert client.get("/healthz").status_code == 200
    filler.unlink()
    assert client.get("/readyz").json["database"] == "ok"
    assert posted(client)[0] == 303


@on_sqlite
def test_a_file_that_is_no_database_any_more_is_not_called_busy(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    runtime = app.extensions[EXTENSION]
    with runtime.database.transaction() as session:
        install_novantra(session)
    runtime.database.close()
    path = Path(runtime.config.database_url.removeprefix("sqlite:///"))
    for beside in path.parent.glob(path.name + "-*"):
        beside.unlink()
    path.write_bytes(b"something else entirely " * 400)
    monkeypatch.setattr(database_waits, "REQUEST", Patience(lock=0, statement=1))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "not_a_database")
    page = app.test_client().get("/login")
    assert page.status_code == 503
    assert "not an SQLite database" in page.text
