"""Several processes, one install: each thing is said once, and nobody waits for a slow target."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from app.alerts import deliveries, incidents, post
from app.alerts.threads import AlertThreads
from app.outbox.threads import WorkerThreads
from app.runtime import Runtime
from tests.alerts.conftest import Bell
from tests.alerts.receiver import Receiver, hang
from tests.alerts.test_incidents import pause, world
from tests.conftest import Clock
from tests.mailer.situations import World
from tests.outbox.letters import configure, queue_resets, rows
from tests.smtpd import Relay

__all__ = ["world"]


def until(true: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_eight_that_look_and_send_at_once_tell_each_target_once(
    world: World, bell: Bell, receiver: Receiver, runtime: Runtime
) -> None:
    for number in range(3):
        bell.target("webhook", receiver.url(), name=f"Target {number}")
    pause(world)
    start = threading.Barrier(8)

    def process() -> None:
        start.wait()
        incidents.look(runtime)
        for _ in range(3):
            for claim in deliveries.claim(runtime, 4):
                deliveries.carry_out(runtime, claim)

    threads = [threading.Thread(target=process) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bell.send()
    assert receiver.types == ["mail.broken"] * 3
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1


@pytest.fixture
def quick(runtime: Runtime) -> None:
    """The threads look ten times a second."""
    runtime.companions[:] = [lambda live: AlertThreads(live, look_every=0.1)]


def test_a_webhook_that_hangs_delays_neither_mail_nor_other_targets(
    world: World, bell: Bell, runtime: Runtime, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "WAIT", 4.0)
    with Receiver() as slow, Receiver() as fast, Relay() as relay:
        slow.answers = [hang(30)]
        hanging = bell.target("webhook", slow.url(), name="Slow")
        bell.target("webhook", fast.url(), name="Fast")
        configure(runtime, port=relay.port)
        workers = WorkerThreads(runtime, connections=1)
        workers.start()
        try:
            until(lambda: bool(slow.asked) and bool(fast.asked))
            queue_resets(runtime, ["dana@acme.test"])
            until(lambda: rows(runtime)[-1].state == "sent", seconds=3)
            assert bell.row(hanging).tried_at is None  # it hangs all the while
            until(lambda: bell.row(hanging).outcome == "timed_out")
        finally:
            began = time.monotonic()
            workers.stop()
            assert time.monotonic() - began < 8


def test_a_web_process_without_workers_tells_that_nobody_delivers(
    world: World, bell: Bell, runtime: Runtime, receiver: Receiver, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    queue_resets(runtime, ["dana@acme.test"])
    clock.advance(minutes=5)
    watching = AlertThreads(runtime, look_every=0.1)
    watching.start()
    try:
        until(lambda: "mail.stalled" in receiver.types)
    finally:
        watching.stop()
    assert receiver.types.count("mail.stalled") == 1
