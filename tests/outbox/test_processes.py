"""``mailer worker --processes``: all deliver, one that dies is replaced, all stop together."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest

from app.config import Config
from app.database import utcnow
from app.outbox.heartbeats import live_workers
from app.runtime import LiveWorker, Runtime
from tests.outbox.letters import queue_resets, rows
from tests.outbox.processes import start_worker
from tests.outbox.test_threads import until
from tests.smtpd import Relay

pytestmark = pytest.mark.process


def alive(mail: Runtime) -> list[LiveWorker]:
    with mail.database.session(reading=True) as session:
        return list(live_workers(session, utcnow()))


@pytest.fixture
def worker(mail: Runtime, config: Config) -> Iterator[subprocess.Popen[bytes]]:
    mail.clock = utcnow
    process = start_worker(config, processes=2)
    try:
        until(lambda: len(alive(mail)) == 2, 30)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def test_all_deliver_and_stop_cleanly_together(
    mail: Runtime, relay: Relay, worker: subprocess.Popen[bytes]
) -> None:
    queue_resets(mail, [f"p{n}@acme.test" for n in range(60)])
    until(lambda: {row.state for row in rows(mail)} == {"sent"}, 30)
    received = Counter(envelope.rcpt_to for envelope in relay.envelopes)
    assert len(received) == 60
    assert set(received.values()) == {1}
    worker.terminate()
    assert worker.wait(15) == 0
    assert alive(mail) == []


def test_one_that_dies_is_replaced(mail: Runtime, worker: subprocess.Popen[bytes]) -> None:
    before = {each.pid for each in alive(mail)}
    assert worker.pid not in before
    victim = before.pop()
    os.kill(victim, signal.SIGKILL)
    until(lambda: {each.pid for each in alive(mail)} - before - {victim} != set(), 30)


def test_none_outlives_the_one_that_started_them(
    mail: Runtime, worker: subprocess.Popen[bytes]
) -> None:
    worker.kill()
    until(lambda: alive(mail) == [], 20)
