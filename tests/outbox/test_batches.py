"""Messages are claimed some at a time, and what is claimed is not yet sent: it can go back."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from app.database import utcnow
from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.transport import TransportError
from app.mail.transports import MemoryTransport
from app.mailer.health import pause_by_hand
from app.outbox import bookkeeping, hand, sweep
from app.outbox.sender import Sender
from app.outbox.settle import SettleResult
from app.outbox.summary import summarize
from app.outbox.threads import Drain, WorkerThreads
from app.outbox.worker import Deliverer
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import ALICE, health, notice_mail, queue_resets, rows
from tests.outbox.test_threads import until
from tests.smtpd import Relay


@pytest.fixture
def transport() -> MemoryTransport:
    return MemoryTransport()


@pytest.fixture
def deliverer(mail: Runtime, transport: MemoryTransport) -> Deliverer:
    """Its relay is proven, so that it may take many."""
    queue_resets(mail, ["first@acme.test"])
    deliverer = Deliverer(mail, Sender(lambda _active: transport), connections=4)
    deliverer.step()
    assert rows(mail)[0].state == "sent"
    transport.deliveries.clear()
    return deliverer


def send_one(deliverer: Deliverer) -> None:
    claim = deliverer.hand.take_now()
    assert claim is not None
    deliverer.offer(claim)


def states(mail: Runtime) -> list[str]:
    return [row.state for row in rows(mail)[1:]]


def sent_to(transport: MemoryTransport) -> list[str]:
    return [delivery.envelope.rcpt_to for delivery in transport.deliveries]


def test_many_are_claimed_in_one_transaction_and_their_outcomes_written_in_one(
    mail: Runtime, deliverer: Deliverer
) -> None:
    queue_resets(mail, [f"p{n}@acme.test" for n in range(20)])
    commits = []
    event.listen(mail.database.engine, "commit", commits.append)
    assert deliverer.turn(room=20) is None
    assert states(mail) == ["sending"] * 20
    for _ in range(20):
        send_one(deliverer)
    deliverer.turn(room=5)
    assert states(mail) == ["sent"] * 20
    assert len(commits) == 2
    assert [row.attempts for row in rows(mail)] == [1] * 21


def test_express_mail_overtakes_what_was_claimed_before_it(
    mail: Runtime, deliverer: Deliverer, transport: MemoryTransport
) -> None:
    with mail.database.transaction() as session:
        for number in range(3):
            notice_mail(session, mail, f"notice{number}@acme.test")
    deliverer.turn(room=3)
    queue_resets(mail, ["urgent@acme.test"])
    deliverer.turn(room=1)
    for _ in range(4):
        send_one(deliverer)
    assert sent_to(transport) == ["urgent@acme.test", *(f"notice{n}@acme.test" for n in range(3))]


def test_a_pause_sends_back_what_is_claimed_and_not_begun(
    mail: Runtime, deliverer: Deliverer, transport: MemoryTransport
) -> None:
    queue_resets(mail, [f"p{n}@acme.test" for n in range(4)])
    deliverer.turn(room=4)
    send_one(deliverer)
    with mail.database.transaction() as session:
        pause_by_hand(session, now=mail.now(), actor=ALICE)
    deliverer.turn(room=4)
    assert deliverer.hand.take_now() is None
    while not deliverer.step().idle:
        pass
    assert states(mail) == ["sent", "held", "held", "held"]
    assert sent_to(transport) == ["p0@acme.test"]


def test_a_failure_sends_back_the_others_before_anybody_is_asked(
    mail: Runtime, deliverer: Deliverer, transport: MemoryTransport
) -> None:
    """Fifty messages claimed, one refused login: nobody else tries."""
    queue_resets(mail, [f"p{n}@acme.test" for n in range(50)])
    deliverer.turn(room=50)
    transport.failures.append(TransportError(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH, 535))
    send_one(deliverer)
    assert deliverer.hand.take_now() is None
    deliverer.turn(room=50)
    assert deliverer.hand.take_now() is None
    assert transport.deliveries == []
    while not deliverer.step().idle:
        pass
    assert set(states(mail)) == {"held"}
    assert [row.attempts for row in rows(mail)[1:]] == [1] + [0] * 49


def test_a_rejected_recipient_sends_nothing_back(
    mail: Runtime, deliverer: Deliverer, transport: MemoryTransport
) -> None:
    queue_resets(mail, ["gone@acme.test", "dana@acme.test"])
    deliverer.turn(room=2)
    transport.failures.append(
        TransportError(FailureCode.RECIPIENT_REJECTED, Phase.RCPT_TO, 550, "5.1.1")
    )
    send_one(deliverer)
    send_one(deliverer)
    deliverer.turn(room=0)
    assert states(mail) == ["failed", "sent"]


def test_what_waited_too_long_is_asked_for_anew_before_it_is_begun(
    mail: Runtime,
    deliverer: Deliverer,
    transport: MemoryTransport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So a mail that was withdrawn meanwhile is not sent."""
    standing = {"here": True, "gone": True}
    mail.still_stands["test"] = lambda _session, which, _now: standing[which]
    queue_resets(mail, ["gone@acme.test", "here@acme.test"])
    with mail.database.transaction() as session:
        for which in standing:
            session.execute(
                text("UPDATE outbox_messages SET stands_on = :on WHERE rcpt_to = :to"),
                {"on": f"test:{which}", "to": f"{which}@acme.test"},
            )
    deliverer.turn(room=2)
    standing["gone"] = False
    with monkeypatch.context() as late:
        late.setattr(hand, "FRESH", 0.0)
        assert deliverer.hand.take_now() is None
    deliverer.turn(room=2)
    send_one(deliverer)
    deliverer.turn(room=0)
    assert states(mail) == ["cancelled", "sent"]
    assert sent_to(transport) == ["here@acme.test"]


def test_what_a_machine_slept_over_is_not_begun(
    mail: Runtime, deliverer: Deliverer, clock: Clock
) -> None:
    queue_resets(mail, ["dana@acme.test"], expires_at=mail.now() + timedelta(minutes=10))
    deliverer.turn(room=1)
    clock.advance(hours=1)
    assert deliverer.hand.take_now() is None
    deliverer.turn(room=1)
    assert states(mail) == ["cancelled"]


def test_no_more_is_claimed_than_goes_out_in_a_moment(deliverer: Deliverer) -> None:
    took = deliverer.hand
    assert took.room() <= hand.MOST
    for _ in range(40):  # each takes longer than what may wait
        took._under_way += 1
        took.bring(hand.Outcome(claim=None, reason="slow"), 2.0)  # type: ignore[arg-type]
    assert took.room() == 0, "only what a connection begins at once"


def test_giving_back_is_no_attempt_however_often(mail: Runtime, deliverer: Deliverer) -> None:
    queue_resets(mail, ["dana@acme.test"])
    for _ in range(30):
        deliverer.turn(room=1)
        deliverer.hand.halt()
        deliverer.turn(room=0)
    assert states(mail) == ["queued"]
    assert deliverer.step() == SettleResult.SENT


def test_an_outcome_that_cannot_be_written_keeps_none_of_the_others(
    mail: Runtime, deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_resets(mail, ["a@acme.test", "bad@acme.test", "c@acme.test"])
    deliverer.turn(room=3)
    for _ in range(3):
        send_one(deliverer)

    def broken(*_arguments: object) -> list[SettleResult]:
        raise ValueError("not as a group")

    real = bookkeeping.settle

    def settle(session: object, claim: bookkeeping.Claim, *rest: object) -> SettleResult:
        if claim.envelope.rcpt_to == "bad@acme.test":
            raise ValueError("not this one")
        return real(session, claim, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(bookkeeping, "settle_sent", broken)
    monkeypatch.setattr(bookkeeping, "settle", settle)
    deliverer.turn(room=0)
    assert states(mail) == ["sent", "sent", "sent"], "what the relay took never goes out again"
    assert health(mail).consecutive_failures == 0


def test_stopping_gives_back_what_is_not_begun_while_a_relay_is_slow(
    mail: Runtime, relay: Relay
) -> None:
    mail.clock = utcnow
    queue_resets(mail, ["warm@acme.test"])
    Drain(mail).run(1)
    relay.delay = 1.0
    queue_resets(mail, [f"p{n}@acme.test" for n in range(10)])
    workers = WorkerThreads(mail, 2)
    workers.start()
    until(lambda: relay.received("DATA") >= 2)
    began = time.monotonic()
    workers.stop()
    assert time.monotonic() - began < 5
    assert sorted(states(mail)) == ["queued"] * 8 + ["sent"] * 2
    assert len(relay.envelopes) == 3


def test_looks_between_deliveries_do_not_read_every_mail_that_waits(mail: Runtime) -> None:
    """On SQLite, which has to be told which index serves."""
    if not mail.database.is_sqlite:
        pytest.skip("PostgreSQL knows by its statistics which index serves")
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(mail.database.engine, "before_cursor_execute", note)
    with mail.database.transaction() as session:
        sweep.next_moment(session, mail.now())
        sweep.sweep(session, mail.now(), keep_days=30)
    event.remove(mail.database.engine, "before_cursor_execute", note)
    looks = [each for each in asked if each.startswith("SELECT") and "'queued'" in each]
    assert len(looks) >= 8
    with mail.database.engine.connect() as connection:
        for look in looks:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {look}", (0,) * look.count("?"))
            used = " ".join(step.detail for step in plan)
            assert "ix_outbox_messages_state_id (state=?)" not in used, f"{look}: {used}"
            assert "SCAN outbox_messages" not in used or "INDEX" in used, f"{look}: {used}"


def test_no_page_reads_all_that_ever_failed_to_count_a_week_of_it(mail: Runtime) -> None:
    if not mail.database.is_sqlite:
        pytest.skip("PostgreSQL knows by its statistics which index serves")
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        asked.append((statement, values))

    event.listen(mail.database.engine, "before_cursor_execute", note)
    with mail.database.session(reading=True) as session:
        summarize(session, mail)
    event.remove(mail.database.engine, "before_cursor_execute", note)
    with mail.database.engine.connect() as connection:
        for part, index in (
            ("failed_this_week", "ix_outbox_messages_failed (state=? AND finished_at>?"),
            ("set_aside_because", "ix_outbox_messages_set_aside"),
        ):
            ((look, values),) = [one for one in asked if part in one[0]]
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {look}", values)
            used = " ".join(step.detail for step in plan)
            assert index in used, used


def test_nothing_more_is_begun_while_many_outcomes_are_not_written_down(
    mail: Runtime, deliverer: Deliverer
) -> None:
    """What a killed process sends twice is bounded by this, however slow the database is."""
    queue_resets(mail, [f"p{n}@acme.test" for n in range(hand.UNWRITTEN + 5)])
    deliverer.turn(room=hand.UNWRITTEN + 5)
    for _ in range(hand.UNWRITTEN):
        send_one(deliverer)
    assert deliverer.hand.take_now() is None
    books = deliverer.hand.open()
    assert len(books.outcomes) == hand.UNWRITTEN
    assert deliverer.hand.take_now() is None, "opened is not yet written"
    deliverer.hand.add([])
    assert deliverer.hand.take_now() is not None
