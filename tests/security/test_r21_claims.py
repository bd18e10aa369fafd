"""R21: many workers share a queue and every message is sent once."""

from __future__ import annotations

import time
from collections import Counter
from email import message_from_bytes

import pytest
from sqlalchemy import func, select

from app.config import Config
from app.database import utcnow
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.outbox.letters import configure, reset_mail
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


@pytest.mark.parametrize(("processes", "connections"), [(2, 1), (4, 2)])
def test_r21_a_thousand_messages_are_received_once(
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
