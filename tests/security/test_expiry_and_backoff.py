"""Back-off with jitter, bounded by the message's own expiry; nothing expired is sent."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from app.outbox.breaker import Breaker
from app.outbox.claim import Rest, claim_next
from app.outbox.sweep import sweep
from app.outbox.taken import Claim
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import attempts, configure, only_row, queue_resets
from tests.smtpd import Relay


def test_attempts_come_at_growing_distances_until_the_code_runs_out(
    runtime: Runtime, clock: Clock
) -> None:
    """A code of ten minutes: after 30 s, 1, 2 and 5 minutes; the next would come too late."""
    with Relay(replies={"MAIL": "451 4.3.0 try later"}) as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["dana@acme.test"], expires_at=clock() + timedelta(minutes=11))
        while only_row(runtime).state == "queued":
            clock.time = max(clock.time, only_row(runtime).due_at)
            assert deliver_next(runtime)
        times = [attempt.at for attempt in attempts(runtime)]
        distances = [(later - earlier) / timedelta(seconds=1) for earlier, later in pairwise(times)]
        steps = [30, 60, 120, 300]
        assert len(distances) == len(steps)
        for distance, step in zip(distances, steps, strict=True):
            assert step <= distance <= step * 1.2 + 0.001
        row = only_row(runtime)
        assert (row.state, row.ended_because) == ("failed", "no_time_left")
        assert relay.envelopes == []


def test_what_expired_in_the_queue_is_never_sent(runtime: Runtime, clock: Clock) -> None:
    with Relay() as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["dana@acme.test"], expires_at=clock() + timedelta(minutes=10))
        clock.advance(minutes=10)
        while deliver_next(runtime):
            pass
        row = only_row(runtime)
        assert (row.state, row.ended_because, row.sealed_bytes) == ("cancelled", "expired", None)
        assert relay.connections == 0


def test_what_expires_in_a_dead_workers_hands_is_never_sent(runtime: Runtime, clock: Clock) -> None:
    with Relay() as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["dana@acme.test"], expires_at=clock() + timedelta(minutes=1))
        with runtime.database.transaction() as session:
            assert isinstance(claim_next(session, Breaker(runtime), runtime.now()), Claim)
        clock.advance(minutes=5)
        with runtime.database.transaction() as session:
            assert sweep(session, runtime.now(), keep_days=30)
        while deliver_next(runtime):
            pass
        assert only_row(runtime).ended_because == "expired"
        assert relay.connections == 0


def test_a_claim_looks_at_the_expiry_itself(runtime: Runtime, clock: Clock) -> None:
    """However long ago somebody swept."""
    configure(runtime)
    queue_resets(runtime, ["dana@acme.test"], expires_at=clock() + timedelta(minutes=1))
    clock.advance(minutes=1)
    with runtime.database.transaction() as session:
        assert claim_next(session, Breaker(runtime), runtime.now()) is Rest.EMPTY
    row = only_row(runtime)
    assert (row.state, row.ended_because, row.sealed_bytes) == ("cancelled", "expired", None)
