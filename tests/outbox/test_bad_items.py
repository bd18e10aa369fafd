"""One bad item stops only itself, an outcome is written however late, and stopping is quick."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.database import utcnow
from app.mail.transport import Receipt
from app.mailer.outgoing import Attempt
from app.outbox.actions import can_cancel, retry
from app.outbox.aside import counted
from app.outbox.breaker import Breaker
from app.outbox.claim import claim_next
from app.outbox.models import OutboxMessage
from app.outbox.settle import SettleResult, settle
from app.outbox.sweep import sweep
from app.outbox.taken import Claim
from app.outbox.threads import WorkerThreads
from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import ALICE, configure, only_row, outcomes_fail, queue_resets, rows
from tests.outbox.stopping import StoppingRelay
from tests.smtpd import Relay


def drain(runtime: Runtime) -> None:
    deliverer = Deliverer(runtime)
    for _ in range(50):
        if deliverer.step().idle:
            break
    deliverer.close()


EVERYWHERE = ["sealed_bytes = 'v1:nonsense'", "sealed_bytes = NULL", "state = 'odd'", "lane = 7"]
EVERYWHERE += ["kind = 'from-a-newer-version'", "stands_on = 'nothing-known:1'"]
EVERYWHERE += ["rcpt_to = 'no address'", "mail_from = ''", "label = ''"]
SQLITE = ["expires_at = 'soon'", "created_at = ''", "attempts = 'many'", "fence = 'x'"]


@pytest.mark.parametrize("damage", EVERYWHERE + SQLITE)
def test_a_damaged_message_stops_nothing_but_itself(
    damage: str, mail: Runtime, relay: Relay, clock: Clock
) -> None:
    if damage in SQLITE and not mail.database.is_sqlite:
        pytest.skip("PostgreSQL stores no value of another type than the column's")
    queue_resets(mail, ["bad@acme.test", "good@acme.test"])
    with mail.database.transaction() as session:
        first = "(SELECT min(id) FROM outbox_messages)"
        session.execute(text(f"UPDATE outbox_messages SET {damage} WHERE id = {first}"))  # noqa: S608
    drain(mail)
    assert "good@acme.test" in [envelope.rcpt_to for envelope in relay.envelopes]
    assert {row.state for row in rows(mail)} <= {"sent", "failed", "queued"}


def test_what_was_set_aside_is_counted_with_its_reason_and_can_be_cancelled(
    mail: Runtime, relay: Relay
) -> None:
    queue_resets(mail, ["bad@acme.test"])
    with mail.database.transaction() as session:
        session.execute(text("UPDATE outbox_messages SET stands_on = 'nothing-known:1'"))
    drain(mail)
    row = only_row(mail)
    assert (row.state, row.ended_because) == ("failed", "set_aside")
    assert row.set_aside_because is not None
    assert row.set_aside_because.startswith("KeyError in app.outbox.taken, line ")
    assert can_cancel(row)
    with mail.database.session(reading=True) as session:
        assert counted(session, mail) == {"messages": 1}


def test_a_message_given_up_after_ten_claims_can_be_sent_again(
    mail: Runtime, relay: Relay, clock: Clock
) -> None:
    """Also one whose link runs out: it gets its attempt."""
    queue_resets(mail, ["dana@acme.test"], expires_at=mail.now() + timedelta(hours=10))
    for _ in range(11):
        with mail.database.transaction() as session:
            claim_next(session, Breaker(mail), mail.now())
        clock.advance(minutes=5)
        with mail.database.transaction() as session:
            sweep(session, mail.now(), keep_days=30)
    row = only_row(mail)
    assert (row.state, row.bytes_until) == ("failed", row.expires_at)
    with mail.database.transaction() as session:
        again = session.scalars(select(OutboxMessage)).one()
        assert retry(session, again, now=mail.now(), actor=ALICE)
    drain(mail)
    assert (only_row(mail).state, len(relay.envelopes)) == ("sent", 1)


def test_chores_and_sweep_run_whatever_another_one_raises(
    mail: Runtime, relay: Relay, clock: Clock
) -> None:
    did: list[str] = []

    def broken(_runtime: Runtime) -> bool:
        did.append("broken")
        raise RuntimeError("this chore is broken")

    def sound(_runtime: Runtime) -> bool:
        did.append("sound")
        return False

    mail.chores[:0] = [broken]
    mail.chores.append(sound)
    queue_resets(mail, ["late@acme.test"], expires_at=mail.now() + timedelta(minutes=1))
    with mail.database.transaction() as session:
        session.execute(text("UPDATE outbox_messages SET state = 'held'"))
    clock.advance(minutes=2)
    drain(mail)
    assert only_row(mail).state == "cancelled"
    assert did.count("broken") == 1, "it rests after a failure"
    assert did.count("sound") >= 1


def test_an_outcome_after_a_long_outage_is_still_written_and_nothing_goes_twice(
    mail: Runtime, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty-five seconds scaled down: more tries fail than there are pauses."""
    monkeypatch.setattr("app.outbox.bookkeeping.SETTLE_AGAIN", (0.01,) * 5)
    outcomes_fail(monkeypatch, 40)
    queue_resets(mail, ["dana@acme.test"])
    drain(mail)
    assert (only_row(mail).state, len(relay.envelopes)) == ("sent", 1)


def test_an_outcome_later_than_the_lease_counts_while_nobody_took_the_message(
    mail: Runtime, clock: Clock
) -> None:
    queue_resets(mail, ["dana@acme.test"])
    with mail.database.transaction() as session:
        claim = claim_next(session, Breaker(mail), mail.now())
    assert isinstance(claim, Claim)
    clock.advance(minutes=5)
    tried = Attempt(Receipt(250, None, 1, None), 1)
    for outcome in (SettleResult.SENT, SettleResult.STALE):
        with mail.database.transaction() as session:
            sweep(session, mail.now(), keep_days=30)
        with mail.database.transaction() as session:
            assert settle(session, claim, tried, mail.now()) is outcome
    assert (only_row(mail).state, only_row(mail).attempts) == ("sent", 1)


@pytest.mark.slow
def test_stopping_does_not_wait_for_a_relay_that_says_nothing(runtime: Runtime) -> None:
    runtime.clock = utcnow
    with StoppingRelay("rcpt") as relay:
        configure(runtime, port=relay.port, timeout=60)
        queue_resets(runtime, ["dana@acme.test"])
        workers = WorkerThreads(runtime, 2)
        workers.start()
        assert relay.reached.wait(20)
        began = time.monotonic()
        workers.stop()
        assert time.monotonic() - began < 8
        assert only_row(runtime).state == "sending", "its lease covers the rest"
        relay.go_on.set()  # this process lives on, so its threads are waited for
        for thread in threading.enumerate():
            if thread.name.startswith("mail-"):
                thread.join(20)
        workers.stop()


def test_what_is_claimed_and_not_begun_goes_back_at_once(mail: Runtime, relay: Relay) -> None:
    queue_resets(mail, ["dana@acme.test"])
    deliverer = Deliverer(mail)
    deliverer.stop()
    assert deliverer.step() is StepResult.RETRIED
    row = only_row(mail)
    assert (row.state, row.lease_until, row.attempts) == ("queued", None, 0)
    assert relay.envelopes == []


@pytest.mark.timing
def test_holding_and_releasing_a_hundred_thousand_mails_makes_no_writer_wait_long(
    mail: Runtime, relay: Relay
) -> None:
    """Twenty thousand here; the time that others wait does not depend on how many there are."""
    queue_resets(mail, ["dana@acme.test"])
    columns = ", ".join(
        column.name
        for column in OutboxMessage.__table__.columns
        if column.name not in {"id", "public_id"}
    )
    with mail.database.transaction() as session:
        made = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        hexed = "printf('%032x', i)" if mail.database.is_sqlite else "lpad(to_hex(i), 32, '0')"
        session.execute(
            text(
                f"INSERT INTO outbox_messages (public_id, {columns}) {made}"  # noqa: S608
                f" SELECT {hexed}, {columns} FROM n, outbox_messages"
            )
        )
        session.execute(text("UPDATE outbox_messages SET state = 'held'"))
    longest = 0.0
    over = threading.Event()

    def look_on() -> None:
        nonlocal longest
        while not over.is_set():
            began = time.monotonic()
            with mail.database.transaction() as session:
                session.execute(text("UPDATE install SET id = id"))
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.01)

    other = threading.Thread(target=look_on)
    other.start()
    try:
        for _ in range(21):
            with mail.database.transaction() as session:
                claim_next(session, Breaker(mail), mail.now())
    finally:
        over.set()
        other.join()
    assert "held" not in {row.state for row in rows(mail)}
    assert longest < 1.5, f"{longest:.2f} s"  # a tenth of a second where nothing else runs
