"""With the embedded database: what must be on the disk before a process goes on, and what not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Connection

from app import database_engines
from app.outbox.heartbeats import Heartbeat
from app.outbox.worker import Deliverer
from app.runtime import Runtime
from tests.databases import TEST_DATABASE_URL
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay

pytestmark = pytest.mark.skipif(bool(TEST_DATABASE_URL), reason="PostgreSQL waits for every commit")
NORMAL, FULL = 1, 2
"""What ``PRAGMA synchronous`` says."""

Seen = tuple[int, list[str], int]
"""The level, the states of all messages, and how many processes say that they deliver."""


@pytest.fixture
def commits(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Seen]]:
    """Of each commit: how much it waits for, and what stands in the database then."""
    monkeypatch.setattr(database_engines, "SYNCHRONOUS", "FULL")
    found: list[Seen] = []

    def commit(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        (level,) = driver.execute("PRAGMA synchronous").fetchone()
        states = driver.execute("SELECT state FROM outbox_messages ORDER BY id").fetchall()
        (workers,) = driver.execute("SELECT count(*) FROM mail_workers").fetchone()
        found.append((level, [state for (state,) in states], workers))

    event.listen(runtime.database.engine, "commit", commit)
    yield found
    event.remove(runtime.database.engine, "commit", commit)


def test_a_claim_waits_for_no_disk_and_an_outcome_does(
    mail: Runtime, relay: Relay, commits: list[Seen]
) -> None:
    """A claim is good for as long as its process lives, and a power cut ends that as well."""
    queue_resets(mail, ["dana@acme.test"])
    assert commits[-1] == (FULL, ["queued"], 0)
    commits.clear()
    deliverer = Deliverer(mail)
    assert deliverer.turn(room=1) is None
    claim = deliverer.hand.take_now()
    assert claim is not None
    deliverer.offer(claim)
    deliverer.turn(room=0)
    deliverer.close()
    levels = {tuple(states): level for level, states, _ in commits}
    assert levels == {("sending",): NORMAL, ("sent",): FULL}


def test_an_outcome_that_is_written_with_a_claim_waits_for_the_disk(
    mail: Runtime, relay: Relay, commits: list[Seen]
) -> None:
    queue_resets(mail, ["dana@acme.test", "kim@acme.test"])
    deliverer = Deliverer(mail)
    assert deliverer.turn(room=1) is None
    claim = deliverer.hand.take_now()
    assert claim is not None
    deliverer.offer(claim)
    commits.clear()
    assert deliverer.turn(room=1) is None
    assert [(level, states) for level, states, _ in commits] == [(FULL, ["sent", "sending"])]
    deliverer.stop()
    deliverer.turn(room=0)
    deliverer.close()


def test_a_sign_of_life_waits_for_no_disk(mail: Runtime, commits: list[Seen]) -> None:
    Heartbeat(mail, "worker").beat()
    assert commits == [(NORMAL, [], 1)]


def test_whoever_has_the_connection_next_waits_again(mail: Runtime, commits: list[Seen]) -> None:
    for passing in (False, True, True, False):
        with mail.database.transaction(passing=passing) as session:
            session.execute(text("DELETE FROM mail_workers"))
    with mail.database.session() as session:
        session.execute(text("DELETE FROM mail_workers"))
        session.commit()
    assert [level for level, _, _ in commits] == [FULL, NORMAL, NORMAL, FULL, FULL]
