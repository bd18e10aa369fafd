"""Who delivers says so, and is forgotten when it stops."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.config import Config
from app.database import utcnow
from app.outbox import threads
from app.outbox.heartbeats import FORGOTTEN, Heartbeat, live_workers
from app.outbox.models import MailWorker
from app.outbox.threads import Drain, Serving, WorkerThreads, deliver_where_served, process_is_ready
from app.runtime import LiveWorker, Runtime
from tests.conftest import Clock
from tests.outbox.letters import queue_resets
from tests.outbox.test_threads import until
from tests.smtpd import Relay


def alive(runtime: Runtime) -> list[LiveWorker]:
    with runtime.database.session(reading=True) as session:
        return list(live_workers(session, runtime.now()))


def rows(runtime: Runtime) -> int:
    with runtime.database.session(reading=True) as session:
        return session.query(MailWorker).count()


def delivering_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("mail-")]


@pytest.mark.parametrize(
    ("age", "lives"),
    [
        (timedelta(0), True),
        (timedelta(seconds=29), True),
        (timedelta(seconds=31), False),
        (timedelta(seconds=-4), True),
        (timedelta(seconds=-6), False),
        (timedelta(days=-400), False),
    ],
)
def test_a_sign_of_life_counts_for_half_a_minute_and_not_from_the_future(
    runtime: Runtime, age: timedelta, lives: bool
) -> None:
    Heartbeat(runtime, "worker").beat()
    with runtime.database.transaction() as session:
        session.execute(update(MailWorker).values(seen_at=runtime.now() - age))
    assert bool(alive(runtime)) is lives


def test_a_worker_is_seen_while_it_runs_and_not_after_a_clean_stop(mail: Runtime) -> None:
    mail.clock = utcnow
    workers = WorkerThreads(mail, 1)
    workers.start()
    try:
        until(lambda: len(alive(mail)) == 1)
        (worker,) = alive(mail)
        assert (worker.process, worker.pid) == ("worker", os.getpid())
        assert worker.host
    finally:
        workers.stop()
    assert rows(mail) == 0


def test_threads_that_finish_nothing_give_no_sign(
    mail: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.clock = utcnow
    monkeypatch.setattr("app.outbox.threads.STUCK_AFTER", -1.0)
    workers = WorkerThreads(mail, 1)
    workers.start()
    try:
        crew = {f"mail-{role}" for role in ("0", "books", "chores", "keeper", "watcher")}
        until(lambda: crew <= {thread.name for thread in delivering_threads()})
    finally:
        workers.stop()
    assert rows(mail) == 0
    assert alive(mail) == []


def test_signs_are_renewed_in_one_row_and_old_ones_of_others_are_cleared(
    runtime: Runtime, clock: Clock
) -> None:
    Heartbeat(runtime, "worker").beat()
    clock.advance(minutes=1)
    beating = Heartbeat(runtime, "worker")
    for _ in range(3):
        beating._due = 0.0
        beating.beat()
        clock.advance(seconds=5)
    assert rows(runtime) == 2
    clock.advance(seconds=FORGOTTEN.total_seconds())
    Heartbeat(runtime, "worker").beat()
    assert rows(runtime) == 1
    beating._due = 0.0
    beating.beat()
    assert len(alive(runtime)) == 2, "one that was away comes back"


def test_a_database_that_is_away_ends_nobody(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_self: Heartbeat, _session: Session, _now: object) -> None:
        raise OperationalError("INSERT", {}, ConnectionError("server closed"))

    beating = Heartbeat(runtime, "worker")
    with monkeypatch.context() as patch:
        patch.setattr(Heartbeat, "_write", away)
        beating.beat()
    assert alive(runtime) == []
    beating._due = 0.0
    beating.beat()
    assert len(alive(runtime)) == 1


def test_a_drain_is_a_worker_for_as_long_as_it_takes(mail: Runtime, relay: Relay) -> None:
    mail.clock = utcnow
    relay.delay = 1.0
    queue_resets(mail, ["dana@acme.test"])
    draining = threading.Thread(target=Drain(mail).run, args=(1,))
    draining.start()
    until(lambda: [worker.process for worker in alive(mail)] == ["drain"])
    draining.join()
    assert rows(mail) == 0


def test_who_serves_the_application_delivers_from_the_first_request_on(
    app: Flask, mail: Runtime, relay: Relay
) -> None:
    mail.clock = utcnow
    mail.config = _embedded(mail)
    deliver_where_served(app)
    queue_resets(mail, ["dana@acme.test"])
    assert delivering_threads() == [], "loading it is not serving it: commands load it too"
    try:
        for _ in range(2):
            assert app.test_client().get("/healthz").status_code == 200
        until(lambda: len(relay.envelopes) == 1)
        until(lambda: [worker.process for worker in alive(mail)] == ["embedded"])
    finally:
        _stop_what_was_begun()


def test_a_server_may_begin_before_the_first_request(app: Flask, mail: Runtime) -> None:
    mail.clock = utcnow
    mail.config = _embedded(mail)
    deliver_where_served(app)
    try:
        process_is_ready(app)
        process_is_ready(app)
        until(lambda: len(alive(mail)) == 1)
    finally:
        _stop_what_was_begun()
    process_is_ready(object())  # somebody else's application


def test_a_process_forked_after_loading_lets_go_of_the_parents_connections(
    app: Flask, mail: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = Serving(app)
    inherited = mail.database.engine.pool
    serving.begin()
    assert mail.database.engine.pool is inherited, "the same process keeps them"
    child = os.getpid() + 1
    monkeypatch.setattr("app.outbox.threads.os.getpid", lambda: child)
    serving.begin()
    assert mail.database.engine.pool is not inherited
    assert delivering_threads() == [], "deliveries are left to others here"
    inherited.dispose()  # the parent's part, and here both are this process


def _embedded(runtime: Runtime) -> Config:
    return replace(runtime.config, worker="embedded")


def _stop_what_was_begun() -> None:
    for workers in list(STARTED):
        workers.stop()
    STARTED.clear()


STARTED: list[WorkerThreads] = []


@pytest.fixture(autouse=True)
def _keep_what_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = threads.start
    monkeypatch.setattr(threads, "start", lambda app: STARTED.append(begin(app)))
