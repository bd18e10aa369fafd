"""The audit log's chain shows every change made behind the program's back."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from app.audit.log import record
from app.audit.verify import verify
from app.web.context import Actor

ACTOR = Actor(1, "alice@acme.test", "192.0.2.1")


def write(runtime, number, tag="mailer:updated"):
    for index in range(number):
        with runtime.database.transaction() as session:
            record(
                session,
                now=runtime.now(),
                actor=ACTOR,
                tag=tag,
                target=f"target {index}",
                changes={"host": {"old": "a", "new": f"ü{index}"}},
            )


def checked(runtime):
    with runtime.database.session(reading=True) as session:
        report = verify(session)
        return report.checked, report.broken


def test_the_chain_of_records_verifies(runtime):
    write(runtime, 5)
    assert checked(runtime) == (5, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'mallory@acme.test' WHERE id = 3",
        "UPDATE audit_events SET target = 'other' WHERE id = 1",
        "UPDATE audit_events SET ip = NULL WHERE id = 2",
        "UPDATE audit_events SET tag = 'mailer:tested' WHERE id = 5",
        "DELETE FROM audit_events WHERE id = 2",
        "DELETE FROM audit_events WHERE id = 1",
        "UPDATE audit_events SET digest = previous_digest WHERE id = 4",
        "INSERT INTO audit_events SELECT 0, at, actor_id, actor, ip, tag, target, changes,"
        " previous_digest, digest, key_id FROM audit_events WHERE id = 1",
        "INSERT INTO audit_events SELECT 6, at, actor_id, actor, ip, tag, target, changes,"
        " previous_digest, digest, key_id FROM audit_events WHERE id = 1",
        "DELETE FROM audit_events WHERE id > 3",
        "DELETE FROM audit_events",
        "DELETE FROM audit_anchor",
        "UPDATE audit_anchor SET event_id = 4, digest ="
        " (SELECT digest FROM audit_events WHERE id = 4)",
        "UPDATE audit_anchor SET mac = digest",
    ],
)
def test_tampering_with_a_record_shows(runtime, statement):
    write(runtime, 5)
    with runtime.database.transaction() as session:
        session.execute(text(statement))
    assert checked(runtime)[1] is not None


def test_a_record_disappears_with_the_change_that_is_rolled_back(runtime):
    write(runtime, 1)
    with runtime.database.session() as session:
        record(session, now=runtime.now(), actor=ACTOR, tag="mailer:updated", target="x")
        session.rollback()
    assert checked(runtime) == (1, None)


def test_writers_at_the_same_time_make_one_chain(runtime):
    threads = [threading.Thread(target=write, args=(runtime, 10)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert checked(runtime) == (50, None)
