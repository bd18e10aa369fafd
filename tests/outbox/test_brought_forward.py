"""Mail that rests between two attempts does not wait longer than there is reason to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.mailer.models import MailerConfiguration
from app.outbox.breaker import Breaker, Forwarder
from app.outbox.models import OutboxMessage
from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import configure, queue_resets, rows
from tests.relays.ports import free_port
from tests.smtpd import Relay

NewWorker = Callable[[], Deliverer]
FEW = {"oldest_first": None, "rows": 10, "index": None}
PEOPLE = ("first@acme.test", "second@acme.test", "third@acme.test")


@pytest.fixture
def new_worker(runtime: Runtime) -> Iterator[NewWorker]:
    """Workers as separate processes have them; they hang up afterwards."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Deliverer(runtime)))


def test_a_corrected_configuration_sends_at_once_what_was_resting(
    runtime: Runtime, clock: Clock, relay: Relay, new_worker: NewWorker
) -> None:
    configure(runtime, port=free_port())
    queue_resets(runtime, PEOPLE)
    deliverer = new_worker()
    assert [deliverer.step() for _ in PEOPLE] == [StepResult.RETRIED] * 3
    assert deliverer.step() is StepResult.EMPTY
    clock.advance(seconds=1)
    configure(runtime, port=relay.port)
    assert [deliverer.step() for _ in PEOPLE] == [StepResult.SENT] * 3
    assert [mail.rcpt_to for mail in relay.envelopes] == list(PEOPLE), "oldest first"


def test_a_worker_that_starts_after_the_correction_does_so_too(
    runtime: Runtime, clock: Clock, relay: Relay, new_worker: NewWorker
) -> None:
    configure(runtime, port=free_port())
    queue_resets(runtime, PEOPLE[:1])
    assert new_worker().step() is StepResult.RETRIED
    clock.advance(seconds=1)
    assert new_worker().step() is StepResult.EMPTY, "a new process is no reason to hope"
    configure(runtime, port=relay.port)
    assert new_worker().step() is StepResult.SENT


def test_a_correction_that_corrects_nothing_brings_forward_once(
    runtime: Runtime, clock: Clock, new_worker: NewWorker
) -> None:
    configure(runtime, port=free_port())
    queue_resets(runtime, PEOPLE[:1])
    deliverer = new_worker()
    assert deliverer.step() is StepResult.RETRIED
    clock.advance(seconds=1)
    configure(runtime, port=free_port())
    assert deliverer.step() is StepResult.RETRIED
    assert deliverer.step() is StepResult.EMPTY
    assert new_worker().step() is StepResult.EMPTY, "tried since the change"


def test_an_attempt_under_way_while_the_configuration_changes_is_repeated_at_once(
    runtime: Runtime, clock: Clock, relay: Relay, new_worker: NewWorker
) -> None:
    configure(runtime, port=free_port())
    queue_resets(runtime, PEOPLE[:1])
    deliverer = new_worker()
    send = deliverer.sender.send

    def send_while_somebody_saves(claim, *next_up):  # type: ignore[no-untyped-def]
        tried = send(claim, *next_up)
        with runtime.database.transaction() as session:
            session.execute(
                update(MailerConfiguration).values(
                    port=relay.port, version=MailerConfiguration.version + 1, updated_at=clock()
                )
            )
        return tried

    deliverer.sender.send = send_while_somebody_saves  # type: ignore[method-assign]
    assert deliverer.step() is StepResult.RETRIED
    deliverer.sender.send = send  # type: ignore[method-assign]
    assert deliverer.step() is StepResult.SENT


def test_a_relay_that_is_back_gets_what_rested_while_it_was_away(
    runtime: Runtime, clock: Clock, new_worker: NewWorker
) -> None:
    port = free_port()
    configure(runtime, port=port)
    queue_resets(runtime, PEOPLE)
    deliverer = new_worker()
    assert [deliverer.step() for _ in PEOPLE] == [StepResult.RETRIED] * 3
    with runtime.database.transaction() as session:  # as after many attempts: an hour to go
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.rcpt_to != PEOPLE[0])
            .values(due_at=clock() + timedelta(hours=1))
        )
    clock.advance(seconds=40)
    with Relay(port=port) as relay:
        assert [deliverer.step() for _ in PEOPLE] == [StepResult.SENT] * 3
        assert [mail.rcpt_to for mail in relay.envelopes] == list(PEOPLE)


def test_a_relay_that_asked_us_to_wait_is_left_in_peace(
    runtime: Runtime, clock: Clock, relay: Relay, new_worker: NewWorker
) -> None:
    configure(runtime, port=relay.port)
    relay.replies["RCPT"] = ["450 4.7.1 Greylisted", None]
    queue_resets(runtime, PEOPLE[:2])
    deliverer = new_worker()
    assert [deliverer.step() for _ in range(3)] == [
        StepResult.RETRIED,
        StepResult.SENT,
        StepResult.EMPTY,
    ]
    assert {row.rcpt_to: row.state for row in rows(runtime)} == {
        PEOPLE[0]: "queued",
        PEOPLE[1]: "sent",
    }


def test_thousands_are_brought_forward_in_steps_and_none_is_forgotten(
    runtime: Runtime, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.in_steps.change_some.__kwdefaults__", FEW)
    configure(runtime)
    queue_resets(runtime, [f"kim{number}@acme.test" for number in range(25)])
    session.execute(
        update(OutboxMessage).values(attempts=1, due_at=clock.time + timedelta(minutes=20))
    )
    session.commit()
    forwarder, breaker = Forwarder(), Breaker(runtime)

    def resting() -> int:
        due = select(func.count()).select_from(OutboxMessage)
        return session.scalar(due.where(OutboxMessage.due_at > clock.time)) or 0

    forwarder.look(session, breaker.look(session), clock.time)
    session.rollback()  # the claim that this was for was taken back, and the step with it
    assert resting() == 25
    for left in (15, 5, 0, 0):
        forwarder.look(session, breaker.look(session), clock.time)
        session.commit()
        assert resting() == left
