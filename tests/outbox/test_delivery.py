"""From the queue to a relay: what each answer does to a message."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from app.crypto.keys import KeyRing
from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.transport import TransportError
from app.mail.transports import MemoryTransport
from app.outbox.breaker import Breaker, is_paused
from app.outbox.claim import claim_next
from app.outbox.models import OutboxMessage
from app.outbox.retry import MAX_ATTEMPTS, STEPS, pause_after
from app.outbox.sender import Sender
from app.outbox.settle import SettleResult
from app.outbox.sweep import sweep
from app.outbox.taken import Claim
from app.outbox.worker import Deliverer, deliver_next
from app.runtime import Runtime
from app.sealing import OUTBOX_BYTES
from tests.conftest import Clock
from tests.outbox.letters import (
    SECRET,
    attempts,
    configure,
    health,
    notice_mail,
    only_row,
    queue_resets,
    reset_mail,
    rows,
)
from tests.smtpd import Relay


def drain(runtime: Runtime) -> None:
    deliverer = Deliverer(runtime)
    while not deliverer.step().idle:
        pass
    deliverer.close()


def paused(runtime: Runtime) -> bool:
    with runtime.database.session(reading=True) as session:
        return is_paused(session)


def failing(*codes: FailureCode, phase: Phase = Phase.DATA) -> tuple[MemoryTransport, Sender]:
    transport = MemoryTransport()
    transport.failures.extend(TransportError(code, phase, 451, "4.3.0") for code in codes)
    return transport, Sender(lambda _active: transport)


def test_a_message_goes_out_as_it_was_written_whichever_way_it_was_stored(
    mail: Runtime, relay: Relay
) -> None:
    """Earlier versions sealed the whole of it; now it is made shorter first."""
    queue_resets(mail, ["now@acme.test", "before@acme.test"])
    written = {
        row.rcpt_to: (mail.box.open(row.sealed_bytes or "", OUTBOX_BYTES.place_in(row)), row)
        for row in rows(mail)
    }
    content, before = written["before@acme.test"]
    with mail.database.transaction() as session:
        stored = session.get_one(OutboxMessage, before.id)
        packed, stored.sealed_bytes = (
            stored.sealed_bytes or "",
            mail.box.seal(content, OUTBOX_BYTES.place_in(before)),
        )
        assert len(packed) * 4 < len(stored.sealed_bytes)
        assert stored.size == len(content)
    drain(mail)
    arrived = {one.rcpt_to: one.content for one in relay.envelopes}
    assert arrived == {to: content for to, (content, _) in written.items()}


def test_a_message_arrives_and_its_body_goes(mail: Runtime, relay: Relay) -> None:
    queue_resets(mail, ["dana@acme.test"])
    assert deliver_next(mail)
    assert not deliver_next(mail)
    row = only_row(mail)
    assert (row.state, row.sealed_bytes, row.attempts) == ("sent", None, 1)
    assert row.sent_at == row.finished_at == mail.now()
    (received,) = relay.envelopes
    assert received.rcpt_to == "dana@acme.test"
    assert received.message["Message-ID"] == row.message_id
    (attempt,) = attempts(mail)
    assert (attempt.code, attempt.reply_code) == (None, 250)
    assert health(mail).last_success_kind == "password-reset"


def test_one_connection_carries_many_messages(mail: Runtime, relay: Relay) -> None:
    queue_resets(mail, [f"p{n}@acme.test" for n in range(20)])
    drain(mail)
    assert len(relay.envelopes) == 20
    assert relay.connections == 1


def test_oldest_first_and_express_before_ordinary(mail: Runtime, relay: Relay) -> None:
    with mail.database.transaction() as session:
        for number in range(3):
            notice_mail(session, mail, f"notice{number}@acme.test")
    queue_resets(mail, ["first@acme.test", "second@acme.test"])
    drain(mail)
    assert [received.rcpt_to for received in relay.envelopes] == [
        "first@acme.test",
        "second@acme.test",
        "notice0@acme.test",
        "notice1@acme.test",
        "notice2@acme.test",
    ]


def test_a_temporary_refusal_is_tried_again_later(mail: Runtime, clock: Clock) -> None:
    queue_resets(mail, ["dana@acme.test"])
    transport, sender = failing(FailureCode.SERVER_BUSY)
    assert deliver_next(mail, sender)
    row = only_row(mail)
    assert (row.state, row.last_code, row.attempts) == ("queued", "server_busy", 1)
    assert timedelta(seconds=30) <= row.due_at - clock() <= timedelta(seconds=36)
    assert row.sealed_bytes
    assert not deliver_next(mail, sender)
    clock.advance(seconds=37)
    assert deliver_next(mail, sender)
    assert only_row(mail).state == "sent"
    assert transport.deliveries[0].message_id == row.message_id
    assert [attempt.code for attempt in attempts(mail)] == ["server_busy", None]


def test_pauses_between_attempts_grow_and_vary() -> None:
    assert [pause_after(n, 0) for n in range(1, 9)] == [
        *STEPS,
        timedelta(hours=1),
        timedelta(hours=1),
    ]
    assert pause_after(1, 1) == timedelta(seconds=36)
    assert len({pause_after(1) for _ in range(20)}) > 1


def test_a_rejection_ends_one_message_and_keeps_it_for_a_week(mail: Runtime, clock: Clock) -> None:
    queue_resets(mail, ["gone@acme.test", "dana@acme.test"])
    _, sender = failing(FailureCode.RECIPIENT_REJECTED, phase=Phase.RCPT_TO)
    assert deliver_next(mail, sender)
    assert deliver_next(mail, sender)
    rejected, sent = rows(mail)
    assert (rejected.state, rejected.ended_because) == ("failed", "rejected")
    assert rejected.sealed_bytes
    assert sent.state == "sent"
    clock.advance(days=8)
    assert deliver_next(mail, sender)
    assert rows(mail)[0].sealed_bytes is None
    assert rows(mail)[0].state == "failed"


def test_a_refused_recipient_neither_raises_nor_clears_the_failure_count(mail: Runtime) -> None:
    queue_resets(mail, ["a@acme.test", "b@acme.test"])
    _, sender = failing(FailureCode.SERVER_BUSY, FailureCode.RECIPIENT_REJECTED)
    deliver_next(mail, sender)
    deliver_next(mail, sender)
    assert health(mail).consecutive_failures == 1


def test_every_other_failed_attempt_is_counted_until_a_success(mail: Runtime) -> None:
    queue_resets(mail, ["a@acme.test", "b@acme.test", "c@acme.test"])
    _, sender = failing(FailureCode.CONNECT_TIMEOUT, FailureCode.RATE_LIMITED)
    deliver_next(mail, sender)
    deliver_next(mail, sender)
    assert health(mail).consecutive_failures == 2
    deliver_next(mail, sender)
    assert health(mail).consecutive_failures == 0


def test_no_attempt_is_left_when_the_next_would_come_after_the_expiry(
    mail: Runtime, clock: Clock
) -> None:
    queue_resets(mail, ["dana@acme.test"], expires_at=clock() + timedelta(seconds=25))
    _, sender = failing(FailureCode.CONNECT_REFUSED)
    deliver_next(mail, sender)
    row = only_row(mail)
    assert (row.state, row.ended_because) == ("failed", "no_time_left")
    assert row.bytes_until == row.expires_at


def test_mail_without_an_expiry_is_given_up_after_about_three_days(
    mail: Runtime, clock: Clock
) -> None:
    with mail.database.transaction() as session:
        notice_mail(session, mail, "dana@acme.test")
    began = clock()
    _, sender = failing(*[FailureCode.CONNECT_REFUSED] * (MAX_ATTEMPTS + 1))
    while only_row(mail).state == "queued":
        clock.time = max(clock.time, only_row(mail).due_at)
        assert deliver_next(mail, sender)
    assert only_row(mail).ended_because == "gave_up"
    assert len(attempts(mail)) == MAX_ATTEMPTS
    assert timedelta(days=2.8) < clock() - began < timedelta(days=3.8)


def test_protocol_errors_pause_after_three_attempts(mail: Runtime, clock: Clock) -> None:
    queue_resets(mail, ["dana@acme.test"])
    _, sender = failing(*[FailureCode.PROTOCOL_ERROR] * 3)
    for _ in range(3):
        assert not paused(mail)
        assert deliver_next(mail, sender)
        clock.advance(minutes=5)
    assert paused(mail)
    assert only_row(mail).state == "held"


def test_one_message_that_breaks_the_protocol_stops_no_others(mail: Runtime, clock: Clock) -> None:
    queue_resets(mail, ["odd@acme.test"])
    transport, sender = failing(*[FailureCode.PROTOCOL_ERROR] * 3)
    for _ in range(3):
        assert deliver_next(mail, sender)
        queue_resets(mail, ["dana@acme.test"])
        kept, transport.failures = transport.failures, type(transport.failures)()
        assert deliver_next(mail, sender)
        transport.failures = kept
        clock.advance(minutes=5)
    assert not paused(mail)
    assert rows(mail)[0].state == "queued"


def test_an_older_fence_settles_nothing(mail: Runtime, clock: Clock) -> None:
    queue_resets(mail, ["dana@acme.test"])
    slow = Deliverer(mail)
    with mail.database.transaction() as session:
        claim = claim_next(session, Breaker(mail), mail.now())
    assert isinstance(claim, Claim)
    clock.advance(seconds=120)  # the machine stood still: the lease is over
    assert deliver_next(mail)
    slow.offer(claim)
    slow.turn(room=0)
    assert slow.counted == {SettleResult.STALE: 1}
    row = only_row(mail)
    assert (row.state, row.attempts, row.fence) == ("sent", 1, 2)
    assert len(attempts(mail)) == 1
    slow.close()


def test_a_claim_holds_until_its_lease_ends(mail: Runtime, clock: Clock, relay: Relay) -> None:
    queue_resets(mail, ["dana@acme.test"])
    with mail.database.transaction() as session:
        assert isinstance(claim_next(session, Breaker(mail), mail.now()), Claim)
    assert only_row(mail).state == "sending"
    assert not deliver_next(mail)
    clock.advance(seconds=120)
    assert deliver_next(mail)
    assert len(relay.envelopes) == 1


def test_a_message_that_kills_every_worker_is_given_up(mail: Runtime, clock: Clock) -> None:
    queue_resets(mail, ["dana@acme.test"])
    for _ in range(12):
        with mail.database.transaction() as session:
            claim_next(session, Breaker(mail), mail.now())
        clock.advance(seconds=120)
        with mail.database.transaction() as session:
            sweep(session, mail.now(), keep_days=30)
    row = only_row(mail)
    assert (row.state, row.ended_because) == ("failed", "gave_up")


def test_a_new_configuration_is_used_by_the_next_message(mail: Runtime, relay: Relay) -> None:
    deliverer = Deliverer(mail)
    queue_resets(mail, ["dana@acme.test"])
    deliverer.step()
    with Relay() as other:
        configure(mail, port=other.port)
        queue_resets(mail, ["kim@acme.test"])
        deliverer.step()
        assert [received.rcpt_to for received in other.envelopes] == ["kim@acme.test"]
    assert [received.rcpt_to for received in relay.envelopes] == ["dana@acme.test"]
    deliverer.close()


def test_a_hang_up_between_messages_is_no_failure(mail: Runtime, relay: Relay) -> None:
    deliverer = Deliverer(mail)
    queue_resets(mail, ["dana@acme.test"])
    deliverer.step()
    relay.drop_connections()
    queue_resets(mail, ["kim@acme.test"])
    deliverer.step()
    assert health(mail).consecutive_failures == 0
    assert all(row.state == "sent" for row in rows(mail))
    deliverer.close()


def test_without_its_key_mail_waits_and_goes_out_when_the_key_is_back(
    mail: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_resets(mail, ["dana@acme.test"])
    ring = mail.box.ring
    with monkeypatch.context() as lost:
        lost.setattr(type(mail.box), "ring", KeyRing([], problem="gone"))
        assert not deliver_next(mail)
        assert only_row(mail).state == "queued"
    assert mail.box.ring is ring or mail.box.ring.keys == ring.keys
    assert deliver_next(mail)
    assert only_row(mail).state == "sent"


def test_console_mail_is_logged_without_its_secret(
    runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    configure(runtime, provider="console")
    queue_resets(runtime, ["dana@acme.test"])
    with caplog.at_level(logging.INFO):
        assert deliver_next(runtime)
    assert only_row(runtime).state == "sent"
    told = [vars(record) for record in caplog.records]
    assert any(facts.get("to") == "dana@acme.test" for facts in told)
    assert SECRET not in str(told)


def test_old_records_are_forgotten_after_the_retention(mail: Runtime, clock: Clock) -> None:
    queue_resets(mail, ["dana@acme.test"])
    drain(mail)
    clock.advance(days=29)
    drain(mail)
    assert len(rows(mail)) == 1
    clock.advance(days=2)
    drain(mail)
    assert rows(mail) == []
    assert attempts(mail) == []


def test_chores_run_before_mail_is_looked_for(mail: Runtime, relay: Relay) -> None:
    waiting = ["dana@acme.test"]

    def chore(runtime: Runtime) -> bool:
        if not waiting:
            return False
        with runtime.database.transaction() as session:
            reset_mail(session, runtime, waiting.pop())
        return True

    mail.chores.append(chore)
    assert deliver_next(mail)
    assert [received.rcpt_to for received in relay.envelopes] == ["dana@acme.test"]


def test_a_stored_row_of_an_unknown_kind_is_delivered(mail: Runtime, relay: Relay) -> None:
    queue_resets(mail, ["dana@acme.test"])
    with mail.database.transaction() as session:
        row = session.query(OutboxMessage).one()
        content = mail.box.open(row.sealed_bytes or "", OUTBOX_BYTES.place_in(row))
        row.kind = "of-an-older-version"
        row.sealed_bytes = mail.box.seal(content, OUTBOX_BYTES.place_in(row))
    assert deliver_next(mail)
    assert len(relay.envelopes) == 1
