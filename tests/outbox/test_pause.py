"""When a person must act: one attempt, then everything is held, then everything goes out."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.mailer.health import resume
from app.mailer.models import MailHealth
from app.outbox.worker import Deliverer, StepResult, deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import ALICE, attempts, configure, notice_mail, queue_resets, rows
from tests.smtpd import Relay


@pytest.fixture
def strict() -> Relay:
    return Relay(users={"novantra": "right"}, require_auth=True)


def test_fifty_messages_and_a_wrong_password_make_one_login(runtime: Runtime) -> None:
    with Relay(users={"novantra": "right"}, require_auth=True) as relay:
        configure(runtime, port=relay.port, username="novantra", password="wrong")
        queue_resets(runtime, [f"p{n}@acme.test" for n in range(50)])
        deliverer = Deliverer(runtime)
        assert deliverer.step() is StepResult.HELD
        assert deliverer.step() is StepResult.STOPPED
        assert len(relay.auth_attempts) == 1
        assert {row.state for row in rows(runtime)} == {"held"}
        assert [attempt.code for attempt in attempts(runtime)] == ["auth_bad_credentials"]


def test_many_connections_try_a_new_configuration_with_one_message(runtime: Runtime) -> None:
    with Relay(users={"novantra": "right"}, require_auth=True) as relay:
        configure(runtime, port=relay.port, username="novantra", password="wrong")
        queue_resets(runtime, [f"p{n}@acme.test" for n in range(20)])
        # Each with connections of its own, as separate processes have them.
        deliverers = [Deliverer(runtime) for _ in range(4)]

        def work(deliverer: Deliverer) -> None:
            for _ in range(5):
                deliverer.step()

        threads = [threading.Thread(target=work, args=(d,)) for d in deliverers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(relay.auth_attempts) == 1
        assert len(attempts(runtime)) == 1


def test_saving_the_right_password_lets_everything_out_oldest_first(
    runtime: Runtime, clock: Clock
) -> None:
    with Relay(users={"novantra": "right"}, require_auth=True) as relay:
        configure(runtime, port=relay.port, username="novantra", password="wrong")
        queue_resets(runtime, ["first@acme.test"])
        assert deliver_next(runtime)
        with runtime.database.transaction() as session:
            notice_mail(session, runtime, "second@acme.test")
        clock.advance(seconds=1)
        queue_resets(runtime, ["third@acme.test"])
        assert [row.state for row in rows(runtime)] == ["held"] * 3
        configure(runtime, port=relay.port, username="novantra", password="right")
        deliverer = Deliverer(runtime)
        while not deliverer.step().idle:
            pass
        deliverer.close()
        assert [received.rcpt_to for received in relay.envelopes] == [
            "first@acme.test",
            "second@acme.test",
            "third@acme.test",
        ]


def test_what_ran_out_during_the_pause_is_not_sent(runtime: Runtime, clock: Clock) -> None:
    with Relay(users={"novantra": "right"}, require_auth=True) as relay:
        configure(runtime, port=relay.port, username="novantra", password="wrong")
        queue_resets(runtime, ["code@acme.test"], expires_at=clock() + timedelta(minutes=10))
        queue_resets(runtime, ["lasting@acme.test"])
        deliver_next(runtime)
        clock.advance(minutes=11)
        with runtime.database.session() as session:
            assert runtime.queue_summary(session).waiting == 2
        deliver_next(runtime)
        with runtime.database.session() as session:
            summary = runtime.queue_summary(session)
        assert (summary.waiting, summary.expired_while_paused) == (1, 1)
        configure(runtime, port=relay.port, username="novantra", password="right")
        deliver_next(runtime)
        expired, sent = rows(runtime)
        assert (expired.state, expired.ended_because) == ("cancelled", "expired")
        assert expired.sealed_bytes is None
        assert sent.state == "sent"
        assert [received.rcpt_to for received in relay.envelopes] == ["lasting@acme.test"]


def test_an_administrator_ends_the_pause_by_hand(runtime: Runtime) -> None:
    with Relay(reject_mail="550 5.7.60 Client does not have permissions to send") as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["dana@acme.test"])
        deliver_next(runtime)
        assert rows(runtime)[0].state == "held"
        relay.reject_mail = None
        with runtime.database.transaction() as session:
            assert resume(session, now=runtime.now(), actor=ALICE)
        assert deliver_next(runtime)
        assert rows(runtime)[0].state == "sent"


def test_a_pause_is_audited_once(runtime: Runtime) -> None:
    with Relay(reject_mail="550 5.7.60 not allowed") as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["dana@acme.test", "kim@acme.test"])
        while deliver_next(runtime):
            pass
    with runtime.database.session() as session:
        tags = session.scalars(select(AuditEvent.tag)).all()
        assert tags.count("mailer:paused") == 1
        assert session.scalar(select(MailHealth.consecutive_failures)) == 1


def test_a_failure_of_the_old_configuration_does_not_pause_the_new_one(
    runtime: Runtime, clock: Clock
) -> None:
    with Relay(reject_mail="550 5.7.60 not allowed") as old, Relay() as new:
        configure(runtime, port=old.port)
        queue_resets(runtime, ["dana@acme.test"])
        deliverer = Deliverer(runtime)
        deliverer.turn(room=1)
        claim = deliverer.hand.take_now()
        assert claim is not None
        configure(runtime, port=new.port)
        deliverer.offer(claim)
        deliverer.turn(room=0)
        assert [row.state for row in rows(runtime)] == ["queued"]
        assert deliverer.step() is StepResult.SENT
        deliverer.close()
        assert len(new.envelopes) == 1
