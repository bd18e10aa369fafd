"""What a relay allows an account holds over all processes: connections, and messages in a time."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.database import utcnow
from app.mail.transport import Envelope, Receipt
from app.mailer.active import active_mailer
from app.mailer.limits import Limits
from app.mailer.providers import limits_of
from app.outbox.heartbeats import STALE, Heartbeat
from app.outbox.models import MailPace
from app.outbox.sender import Sender
from app.outbox.threads import Drain, WorkerThreads
from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import configure, queue_resets, rows
from tests.outbox.test_threads import until
from tests.smtpd import Relay


def sent(mail: Runtime) -> int:
    return sum(row.state == "sent" for row in rows(mail))


def work(*deliverers: Deliverer) -> list[StepResult]:
    """They take turns until none of them can do anything; how each ended."""
    ended = []
    for deliverer in deliverers:
        while not (result := deliverer.step()).idle:
            pass
        ended.append(result)
        deliverer.close()
    return ended


def paced(mail: Runtime, per_minute: int) -> None:
    mail.config = replace(mail.config, relay_per_minute=per_minute)


def test_no_more_messages_are_begun_in_any_minute(mail: Runtime, clock: Clock) -> None:
    paced(mail, 10)
    queue_resets(mail, [f"p{n}@acme.test" for n in range(5)])
    first, second = Deliverer(mail), Deliverer(mail)
    work(first)
    assert sent(mail) == 5
    queue_resets(mail, [f"q{n}@acme.test" for n in range(20)])
    assert work(first, second) == [StepResult.PACED] * 2
    assert sent(mail) == 10, "the five of a moment ago count, whoever sent them"
    clock.advance(seconds=30)
    assert work(first, second) == [StepResult.PACED] * 2
    assert sent(mail) == 10
    assert 0 < first.allowance.wait <= 40
    clock.advance(seconds=first.allowance.wait + 30)
    work(second, first)
    assert sent(mail) == 20


def test_a_limit_is_no_failure_and_costs_no_attempt(mail: Runtime, clock: Clock) -> None:
    paced(mail, 1)
    queue_resets(mail, ["a@acme.test", "b@acme.test"])
    deliverer = Deliverer(mail)
    for _ in range(5):
        work(deliverer)
    assert [(row.state, row.attempts) for row in rows(mail)] == [("sent", 1), ("queued", 0)]


def test_a_clock_that_was_ahead_keeps_nobody_waiting(mail: Runtime, clock: Clock) -> None:
    paced(mail, 2)
    queue_resets(mail, [f"p{n}@acme.test" for n in range(4)])
    clock.advance(days=2)
    deliverer = Deliverer(mail)
    work(deliverer)
    assert sent(mail) == 2
    clock.advance(days=-2)
    work(deliverer)
    assert sent(mail) == 4
    with mail.database.session(reading=True) as session:
        assert session.scalar(select(func.count()).select_from(MailPace)) == 1


def test_connections_are_shared_out_and_come_back(mail: Runtime, clock: Clock) -> None:
    first, second, third = (Heartbeat(mail, "worker") for _ in range(3))
    assert first.hold(wanted=2, at_most=3) == 2
    assert second.hold(wanted=2, at_most=3) == 1
    assert third.hold(wanted=2, at_most=3) == 0
    first.stop()
    assert third.hold(wanted=2, at_most=3) == 2
    clock.advance(seconds=STALE.total_seconds() + 1)  # those that are left were killed
    third._due = 0.0
    third.beat()
    assert Heartbeat(mail, "worker").hold(wanted=5, at_most=3) == 1, "what the second had"


class Counting:
    """A transport in which each message takes a moment; ``most`` were under way at one time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = self.most = 0

    def send(self, _envelope: Envelope, _message: bytes, **_about: str) -> Receipt:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.02)
        with self._lock:
            self._now -= 1
        return Receipt(250, None, 20, None)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("allowed", [0, 3])
def test_processes_together_keep_to_the_connections_a_relay_allows(
    mail: Runtime, allowed: int
) -> None:
    mail.clock = utcnow
    mail.config = replace(mail.config, relay_connections=allowed)
    queue_resets(mail, [f"p{n}@acme.test" for n in range(60)])
    relay = Counting()
    processes = [WorkerThreads(mail, 4) for _ in range(2)]
    for process in processes:
        process._deliverer.sender = Sender(lambda _active: relay)
        process.start()
    try:
        until(lambda: sent(mail) == 60, 60)
    finally:
        for process in processes:
            process.stop()
    assert relay.most <= 3 if allowed else relay.most > 3


def test_draining_waits_for_what_the_relay_allows(mail: Runtime, relay: Relay) -> None:
    mail.clock = utcnow
    limits = replace(mail.config, relay_connections=1, relay_per_minute=600)
    mail.config = limits
    queue_resets(mail, [f"p{n}@acme.test" for n in range(8)])
    Drain(mail).run(4)
    assert len(relay.envelopes) == 8
    assert relay.connections == 1


@pytest.mark.parametrize(
    ("provider", "host", "limits"),
    [
        ("microsoft365", "smtp.office365.com", Limits(3, 30, 60)),
        ("smtp", "smtp.office365.com", Limits(3, 30, 60)),
        ("ses", "email-smtp.eu-west-1.amazonaws.com", Limits(None, 14, 1)),
        ("smtp", "email-smtp.eu-west-1.amazonaws.com", Limits(None, 14, 1)),
        ("smtp", "relay.acme.test", Limits()),
    ],
)
def test_a_service_keeps_its_limits_under_any_provider(
    provider: str, host: str, limits: Limits
) -> None:
    assert limits_of(provider, host) == limits


def test_the_environment_knows_better(mail: Runtime) -> None:
    mail.config = replace(mail.config, relay_connections=5, relay_per_minute=6_000)
    configure(mail, host="smtp.office365.com", port=587)
    with mail.database.session(reading=True) as session:
        active = active_mailer(session, mail)
    assert active is not None
    assert active.limits == Limits(5, 6_000, 60)


def test_what_is_left_over_is_asked_for_again(
    mail: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.outbox.allowance.ASK_AGAIN", 0.0)
    mail.config = replace(mail.config, relay_connections=3)
    queue_resets(mail, ["dana@acme.test"])
    other = Heartbeat(mail, "worker")
    assert other.hold(wanted=3, at_most=3) == 3
    mine = Deliverer(mail, connections=2, heartbeat=Heartbeat(mail, "worker"))
    assert mine.step() is StepResult.CROWDED
    assert mine.allowance.wants_more
    assert mine.books.ask_for_connections() == 0
    assert mine.step() is StepResult.CROWDED
    other.stop()
    clock.advance(seconds=timedelta(seconds=5).total_seconds())
    assert mine.books.ask_for_connections() == 2
    assert mine.step() is StepResult.SENT
    mine.close()
