"""A worker killed at any point loses nothing and repeats nothing it could have avoided."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes

import pytest
from sqlalchemy import text

from app.config import Config
from app.outbox.worker import Deliverer
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import configure, only_row, queue_resets
from tests.outbox.processes import start_worker
from tests.outbox.stopping import StoppingRelay

pytestmark = pytest.mark.process


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


class Worker:
    """``mailer worker`` as a process of its own."""

    def __init__(self, config: Config) -> None:
        self._process = start_worker(config)

    def kill(self) -> None:
        """With signal 9: no handler, no goodbye."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def worker(config: Config) -> Iterator[Callable[[], Worker]]:
    """Starts workers, and ends them with the test."""
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(config))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@contextmanager
def outcome_cannot_be_written(runtime: Runtime) -> Iterator[None]:
    """Another transaction holds what the worker needs to write its outcome."""
    with runtime.database.session() as session:
        session.execute(text("UPDATE outbox_messages SET size = size"))
        yield
        session.rollback()


def recover(runtime: Runtime, relay: StoppingRelay, clock: Clock) -> None:
    """Time passes, and another worker comes along."""
    relay.heal()
    clock.advance(minutes=2)
    deliverer = Deliverer(runtime)
    while not deliverer.step().idle:
        pass
    deliverer.close()


def message_ids(relay: StoppingRelay) -> list[str]:
    return [str(message_from_bytes(content)["Message-ID"]) for content in relay.messages]


@pytest.mark.parametrize("point", ["backlog", "connected", "rcpt"])
def test_killed_before_the_dot_the_message_arrives_once(
    point: str, runtime: Runtime, clock: Clock, worker: Callable[[], Worker]
) -> None:
    """Claimed and not yet connected; connected; after RCPT."""
    with StoppingRelay(point) as relay:
        configure(runtime, port=relay.port, timeout=20)
        queue_resets(runtime, ["dana@acme.test"])
        process = worker()
        until(lambda: only_row(runtime).state == "sending")
        if point != "backlog":
            until(relay.reached.is_set)
        process.kill()
        assert only_row(runtime).state == "sending"
        recover(runtime, relay, clock)
        assert only_row(runtime).state == "sent"
        assert message_ids(relay) == [only_row(runtime).message_id]


def test_killed_after_the_dot_the_message_comes_again_under_the_same_id(
    runtime: Runtime, clock: Clock, worker: Callable[[], Worker]
) -> None:
    with StoppingRelay("dot") as relay:
        configure(runtime, port=relay.port, timeout=20)
        queue_resets(runtime, ["dana@acme.test"])
        process = worker()
        until(relay.reached.is_set)
        process.kill()
        recover(runtime, relay, clock)
        assert only_row(runtime).state == "sent"
        assert message_ids(relay) == [only_row(runtime).message_id] * 2
        assert relay.messages[0] == relay.messages[1]


def test_killed_after_the_reply_the_message_comes_again_under_the_same_id(
    runtime: Runtime, clock: Clock, worker: Callable[[], Worker]
) -> None:
    with StoppingRelay("dot") as relay:
        configure(runtime, port=relay.port, timeout=20)
        queue_resets(runtime, ["dana@acme.test"])
        process = worker()
        until(relay.reached.is_set)
        with outcome_cannot_be_written(runtime):
            relay.go_on.set()
            time.sleep(0.5)  # the reply has long arrived
            process.kill()
        recover(runtime, relay, clock)
        assert only_row(runtime).state == "sent"
        assert message_ids(relay) == [only_row(runtime).message_id] * 2


def test_killed_after_the_commit_the_message_came_once(
    runtime: Runtime, clock: Clock, worker: Callable[[], Worker]
) -> None:
    with StoppingRelay() as relay:
        configure(runtime, port=relay.port, timeout=20)
        queue_resets(runtime, ["dana@acme.test"])
        process = worker()
        until(lambda: only_row(runtime).state == "sent")
        process.kill()
        recover(runtime, relay, clock)
        assert message_ids(relay) == [only_row(runtime).message_id]
