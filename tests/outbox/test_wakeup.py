"""Another process that delivers wakes the moment a mail is committed, and sleeps until then."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from app.database import Database
from app.outbox import wakeup
from app.outbox.wakeup import Bell, Stop, Waker, watch
from app.runtime import Runtime
from tests.outbox.letters import queue_resets

AGES = 60.0
SOON = 5.0


@contextmanager
def another_process(database: Database) -> Iterator[Bell]:
    """What a process on the same database hears; it looks at nothing the waker holds."""
    own, bell, stop = Database(database.url), Bell(), Stop()
    thread = threading.Thread(target=watch, args=(own, bell, stop))
    thread.start()
    heard = bell.rung if own.is_sqlite else bell.wait(0, SOON)  # PostgreSQL: it listens now
    time.sleep(0.2)
    # On PostgreSQL, installs of other tests ring in the same database.
    assert bell.rung == heard or not own.is_sqlite, "nothing was committed"
    try:
        yield bell
    finally:
        began = time.monotonic()
        stop.set()
        thread.join(SOON)
        ended = not thread.is_alive()
        took = time.monotonic() - began
        stop.close()
        own.close()
    assert ended
    assert took < 2 * wakeup.LISTEN_FOR, "it slept on"


def commit(database: Database, waker: Waker | None = None) -> None:
    with database.transaction() as session:
        if waker is not None:
            waker.after(session)
        session.execute(text("UPDATE alembic_version SET version_num = version_num"))


def test_a_commit_is_told_at_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    if runtime.database.is_sqlite and sys.platform != "linux":
        pytest.skip("only Linux tells of a touch")
    monkeypatch.setattr(wakeup, "LOOK_AT_LEAST_EVERY", AGES)
    monkeypatch.setattr(wakeup, "LOOK_EVERY", AGES)
    waker = Waker(runtime.database)
    with another_process(runtime.database) as bell:
        for _ in range(3):
            seen = bell.rung
            commit(runtime.database, waker)
            assert bell.wait(seen, SOON) > seen
            time.sleep(0.05)
        seen = bell.rung
        waker()
        assert bell.wait(seen, SOON) > seen


def test_mail_committed_by_another_process_is_noticed(mail: Runtime) -> None:
    with another_process(mail.database) as bell:
        seen = bell.rung
        queue_resets(mail, ["dana@acme.test"])
        assert bell.wait(seen, SOON) > seen


def test_what_is_rolled_back_wakes_nobody(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not runtime.database.is_sqlite:
        pytest.skip("PostgreSQL delivers a NOTIFY at the commit alone, and other tests ring there")
    monkeypatch.setattr(wakeup, "LOOK_AT_LEAST_EVERY", AGES)
    waker = Waker(runtime.database)
    with another_process(runtime.database) as bell:
        with runtime.database.session() as session:
            waker.after(session)
            session.rollback()
        time.sleep(0.3)
        assert bell.rung == 0


@pytest.mark.parametrize("watching", ["refused", "told nothing"])
def test_a_commit_that_nobody_tells_of_is_seen(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, watching: str
) -> None:
    """The system may refuse to watch, and the file may lie on another machine's disk."""
    if not runtime.database.is_sqlite:
        pytest.skip("PostgreSQL delivers what is notified")
    if watching == "refused":

        def refuse(_database: Database) -> None:
            raise OSError(24, "Too many open files")

        monkeypatch.setattr(wakeup, "_watching", refuse)
    monkeypatch.setattr(wakeup, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(wakeup, "LOOK_AT_LEAST_EVERY", 0.1)
    with another_process(runtime.database) as bell:
        seen = bell.rung
        commit(runtime.database)
        assert bell.wait(seen, SOON) > seen


def test_no_process_looks_while_nothing_happens(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not runtime.database.is_sqlite or sys.platform != "linux":
        pytest.skip("only Linux tells of a touch")
    assert wakeup.LOOK_AT_LEAST_EVERY >= 1
    with another_process(runtime.database) as bell:
        time.sleep(0.5)
        assert bell.rung == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_commits_leaves_a_file_that_the_service_may_touch(mail: Runtime) -> None:
    file = mail.database.file
    if file is None:
        pytest.skip("PostgreSQL tells it without a file")
    os.chown(file, 12_345, 12_346)
    queue_resets(mail, ["dana@acme.test"])
    bell = file.with_name(f"{file.name}-bell").stat()
    assert (bell.st_uid, bell.st_gid) == (12_345, 12_346)
    assert bell.st_mode & 0o777 == 0o600
