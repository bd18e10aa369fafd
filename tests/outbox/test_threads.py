"""Threads that deliver: woken at once, sharing the work, stopping cleanly, surviving errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.database import Database, utcnow
from app.outbox import crew, threads
from app.outbox.claim import Rest
from app.outbox.settle import SettleResult
from app.outbox.threads import Drain, WorkerThreads
from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from tests.outbox.letters import outcomes_fail, queue_resets, rows
from tests.smtpd import Relay


def until(happened: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.timing
def test_a_new_mail_is_sent_at_once(mail: Runtime, relay: Relay) -> None:
    mail.clock = utcnow
    workers = WorkerThreads(mail, 2)
    workers.start()
    try:
        queue_resets(mail, ["warm@acme.test"])
        until(lambda: len(relay.envelopes) == 1)
        time.sleep(0.3)  # everybody sleeps now
        began = time.monotonic()
        queue_resets(mail, ["dana@acme.test"])
        until(lambda: len(relay.envelopes) == 2)
        assert time.monotonic() - began < 1
    finally:
        workers.stop()


def test_the_embedded_worker_delivers_and_stops(app: Flask, mail: Runtime, relay: Relay) -> None:
    mail.clock = utcnow
    workers = threads.start(app)
    queue_resets(mail, [f"p{n}@acme.test" for n in range(10)])
    until(lambda: len(relay.envelopes) == 10)
    workers.stop()
    workers.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith("mail-")]


def test_stopping_finishes_the_message_under_way(mail: Runtime, relay: Relay) -> None:
    mail.clock = utcnow
    relay.delay = 1.0
    queue_resets(mail, ["dana@acme.test", "kim@acme.test"])
    workers = WorkerThreads(mail, 1)
    workers.start()
    until(lambda: relay.received("DATA") == 1)
    workers.stop()
    assert sorted(row.state for row in rows(mail)) == ["queued", "sent"]
    assert len(relay.envelopes) == 1


def test_a_database_that_is_away_for_a_moment_is_waited_for(
    mail: Runtime, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.clock = utcnow
    monkeypatch.setattr(crew, "BACK_OFF", (0.05,))
    real, failures = Deliverer.turn, iter([True, True, True])

    def turn(self: Deliverer, room: int) -> Rest | None:
        if next(failures, False):
            raise OperationalError("SELECT 1", {}, ConnectionError("server closed"))
        return real(self, room)

    monkeypatch.setattr(Deliverer, "turn", turn)
    queue_resets(mail, ["dana@acme.test"])
    workers = WorkerThreads(mail, 1)
    workers.start()
    until(lambda: len(relay.envelopes) == 1)
    workers.stop()


def test_delivering_goes_on_after_the_database_was_away_while_nothing_was_sent(
    mail: Runtime, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.clock = utcnow
    monkeypatch.setattr(crew, "BACK_OFF", (0.05,))
    real, refused = Database.transaction, []

    def transaction(self: Database, **how: bool) -> AbstractContextManager[Session]:
        if threading.current_thread().name == "mail-books" and len(refused) < 4:
            refused.append(1)
            raise OperationalError("BEGIN", {}, ConnectionError("locked by somebody else"))
        return real(self, **how)

    monkeypatch.setattr(Database, "transaction", transaction)
    workers = WorkerThreads(mail, 1)
    workers.start()
    until(lambda: len(refused) == 4)
    queue_resets(mail, ["dana@acme.test"])
    until(lambda: len(relay.envelopes) == 1)
    workers.stop()


def test_an_outcome_is_written_when_the_database_is_back(
    mail: Runtime, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.outbox.bookkeeping.SETTLE_AGAIN", (0.01, 0.01))
    outcomes_fail(monkeypatch, 2)
    queue_resets(mail, ["dana@acme.test"])
    deliverer = Deliverer(mail)
    assert deliverer.step() is StepResult.SENT
    assert deliverer.step() is StepResult.EMPTY
    deliverer.close()
    assert len(relay.envelopes) == 1


def test_an_idle_step_writes_nothing(mail: Runtime) -> None:
    """Otherwise workers of two processes would wake each other for ever."""
    if not mail.database.is_sqlite:
        pytest.skip("only SQLite tells of a write by its file; PostgreSQL notifies by name")
    deliverer = Deliverer(mail)
    while not deliverer.step().idle:
        pass
    with mail.database.engine.connect() as connection:
        before = connection.exec_driver_sql("PRAGMA data_version").scalar()
        connection.rollback()
        deliverer.step()
        assert connection.exec_driver_sql("PRAGMA data_version").scalar() == before


def test_draining_counts_what_became_of_the_mail(mail: Runtime, relay: Relay) -> None:
    relay.reject_rcpt = {
        "gone@acme.test": "550 5.1.1 no such user",
        "full@acme.test": "452 4.2.2 mailbox full",
    }
    queue_resets(mail, ["a@acme.test", "gone@acme.test", "full@acme.test", "b@acme.test"])
    counted = Drain(mail).run(2)
    results = (SettleResult.SENT, SettleResult.RETRIED, SettleResult.FAILED)
    assert [counted[result] for result in results] == [2, 1, 1]


def test_the_drain_command_says_how_it_went(app: Flask, mail: Runtime, relay: Relay) -> None:
    relay.reject_rcpt = {"gone@acme.test": "550 5.1.1 no such user"}
    queue_resets(mail, ["a@acme.test", "gone@acme.test"])
    result = app.test_cli_runner().invoke(args=["mailer", "drain", "--connections", "3"])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[0] == "sent 1, retried 0, failed 1"
    result = app.test_cli_runner().invoke(args=["mailer", "drain"])
    assert result.output.splitlines()[0] == "sent 0, retried 0, failed 0"


def test_the_drain_command_says_what_keeps_mail(app: Flask, mail: Runtime) -> None:
    queue_resets(mail, ["a@acme.test"])
    runner = app.test_cli_runner()
    paused = runner.invoke(args=["mailer", "pause", "--why", "the relay moves"])
    assert paused.exit_code == 0
    result = runner.invoke(args=["mailer", "drain"])
    assert result.stdout == "sent 0, retried 0, failed 0\n"
    assert "Mail waits (paused)." in result.stderr
    assert "by a command on the server: the relay moves. See: mailer status" in result.stderr
    assert runner.invoke(args=["mailer", "resume"]).exit_code == 0
    assert "Mail waits" not in runner.invoke(args=["mailer", "drain"]).stderr


def test_the_drain_command_says_that_mail_was_never_set_up(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["mailer", "drain"])
    assert result.exit_code == 0
    assert "Mail waits (pending). Mail has not been set up" in result.stderr
