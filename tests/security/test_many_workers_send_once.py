"""Many workers share a queue and every message is sent once."""

from __future__ import annotations

import time
from collections import Counter
from email import message_from_bytes

import pytest
from sqlalchemy import func, select

from app.config import Config
from app.database import utcnow
from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.transport import Receipt, TransportError
from app.mailer.outgoing import Attempt
from app.outbox.breaker import Breaker
from app.outbox.claim import claim_next
from app.outbox.models import OutboxMessage
from app.outbox.settle import SettleResult, settle
from app.outbox.sweep import sweep
from app.outbox.taken import Claim
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import attempts, configure, only_row, queue_resets, reset_mail
from tests.outbox.processes import start_worker
from tests.outbox.stopping import StoppingRelay

MESSAGES = 1_000


def sent(runtime: Runtime) -> int:
    with runtime.database.session(reading=True) as session:
        return (
            session.scalar(
                select(func.count()).select_from(OutboxMessage).where(OutboxMessage.state == "sent")
            )
            or 0
        )


@pytest.mark.process
@pytest.mark.parametrize(("processes", "connections"), [(2, 1), (4, 2)])
def test_a_thousand_messages_are_received_once(
    processes: int, connections: int, runtime: Runtime, config: Config
) -> None:
    runtime.clock = utcnow
    with StoppingRelay() as relay:
        configure(runtime, port=relay.port)
        with runtime.database.transaction() as session:
            for number in range(MESSAGES):
                reset_mail(session, runtime, f"p{number}@acme.test")
        workers = [start_worker(config, connections=connections) for _ in range(processes)]
        try:
            end = time.monotonic() + 90
            while sent(runtime) < MESSAGES:
                assert time.monotonic() < end, f"{sent(runtime)} sent"
                time.sleep(0.1)
        finally:
            for worker in workers:
                worker.terminate()
            errors = [worker.communicate(timeout=30)[1] for worker in workers]
        assert [worker.returncode for worker in workers] == [0] * processes, errors
        received = Counter(message_from_bytes(m)["Message-ID"] for m in relay.messages)
    assert len(received) == MESSAGES
    assert set(received.values()) == {1}


def test_a_worker_whose_lease_ran_out_cannot_settle(runtime: Runtime, clock: Clock) -> None:
    """The fence: its outcome, good or bad, is not written over that of the newer claim."""
    configure(runtime)
    queue_resets(runtime, ["dana@acme.test"])

    def claim() -> Claim:
        with runtime.database.transaction() as session:
            sweep(session, runtime.now(), keep_days=30)
            taken = claim_next(session, Breaker(runtime), runtime.now())
        assert isinstance(taken, Claim)
        return taken

    def settled(claim: Claim, answer: Receipt | TransportError) -> SettleResult:
        with runtime.database.transaction() as session:
            return settle(session, claim, Attempt(answer, 1), runtime.now())

    slow = claim()
    clock.advance(minutes=5)
    quick = claim()
    assert quick.fence > slow.fence
    refused = TransportError(FailureCode.RECIPIENT_REJECTED, Phase.RCPT_TO, 550)
    assert settled(slow, refused) is SettleResult.STALE
    assert settled(slow, Receipt(250, None, 1, None)) is SettleResult.STALE
    assert (only_row(runtime).state, attempts(runtime)) == ("sending", [])
    assert settled(quick, Receipt(250, None, 1, None)) is SettleResult.SENT
    assert settled(slow, refused) is SettleResult.STALE
    assert (only_row(runtime).state, len(attempts(runtime))) == ("sent", 1)
