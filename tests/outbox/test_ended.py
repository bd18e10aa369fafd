"""What ended is counted by quarters of an hour, once, before retention removes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.outbox import ended
from app.outbox.ended import Counting, Tally, counted_until, quarter_of
from app.outbox.hand_over import EDGES, class_of, in_words, milliseconds_at, read, written
from app.outbox.models import MESSAGES, MailQuarter, OutboxMessage
from app.outbox.sweep import sweep
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay


def rows_that_ended(
    runtime: Runtime, at: datetime, number: int = 1, *, kind: str = "invitation", **values: object
) -> None:
    """So many mails that were sent at a moment, four seconds after they were queued."""
    one: dict[str, object] = {
        "kind": kind,
        "lane": 1,
        "state": "sent",
        "label": "Invitation",
        "mail_from": "novantra@acme.test",
        "rcpt_to": "dana@acme.test",
        "rcpt_key": "dana@acme.test",
        "rcpt_domain": "acme.test",
        "message_id": "<1@acme.test>",
        "size": 1,
        "created_at": at - timedelta(seconds=4),
        "due_at": at,
        "finished_at": at,
        "sent_at": at,
        "attempts": 1,
        "fence": 1,
        **values,
    }
    with runtime.database.transaction() as session:
        known = session.scalar(select(func.count()).select_from(OutboxMessage)) or 0
        session.execute(
            insert(MESSAGES), [one | {"public_id": f"{known + n:032x}"} for n in range(number)]
        )


def kept(runtime: Runtime) -> list[tuple[int, int, int, int]]:
    with runtime.database.session(reading=True) as session:
        rows = session.scalars(select(MailQuarter).order_by(MailQuarter.quarter))
        return [(row.quarter, row.sent, row.failed, row.expired) for row in rows]


def count_all(runtime: Runtime) -> None:
    counting = Counting()
    while counting(runtime):
        pass


def at_a_quarter(clock: Clock) -> datetime:
    """The clock at three minutes after the next quarter of an hour; that quarter's beginning."""
    begins = ended.beginning_of(quarter_of(clock.time) + 1)
    clock.time = begins + timedelta(minutes=3)
    return begins


def test_a_quarter_is_counted_when_it_is_over_and_once(runtime: Runtime, clock: Clock) -> None:
    begins = at_a_quarter(clock)
    rows_that_ended(runtime, begins, 3)
    rows_that_ended(runtime, begins, 2, state="failed", sent_at=None, ended_because="rejected")
    rows_that_ended(runtime, begins, state="cancelled", sent_at=None, ended_because="expired")
    rows_that_ended(runtime, begins, state="cancelled", sent_at=None, ended_because="by_hand")
    rows_that_ended(runtime, begins, kind="canary")
    count_all(runtime)
    assert kept(runtime) == [], "it goes on"
    clock.advance(minutes=14)
    count_all(runtime)
    assert kept(runtime) == [], "somebody may still be writing"
    clock.advance(minutes=2)
    for _ in range(2):
        count_all(runtime)
        assert kept(runtime) == [(quarter_of(begins), 3, 2, 1)]


def test_hours_without_mail_are_no_rows(runtime: Runtime, clock: Clock) -> None:
    begins = at_a_quarter(clock)
    for hours in (0, 5, 50):
        rows_that_ended(runtime, begins - timedelta(hours=hours, minutes=30))
    count_all(runtime)
    assert [sent for _, sent, _, _ in kept(runtime)] == [1, 1, 1]


def test_real_mail_is_counted_with_the_time_it_took(
    mail: Runtime, relay: Relay, clock: Clock
) -> None:
    begins = at_a_quarter(clock)
    relay.reject_rcpt = {"gone@acme.test": "550 5.1.1 no such user"}
    queue_resets(mail, ["dana@acme.test", "kim@acme.test", "gone@acme.test"])
    clock.advance(seconds=4)  # and each was queued a second after the one before
    while deliver_next(mail):
        pass
    clock.advance(minutes=18)
    count_all(mail)
    assert kept(mail) == [(quarter_of(begins), 2, 1, 0)]
    with mail.database.session(reading=True) as session:
        found = read(session.scalars(select(MailQuarter.hand_over)).one())
    assert sum(found.values()) == 2
    assert found == {class_of(7_000): 2}, "seven seconds and six"


def test_nothing_goes_before_it_is_counted(
    runtime: Runtime, clock: Clock, session: Session
) -> None:
    at = at_a_quarter(clock) - timedelta(days=3)
    rows_that_ended(runtime, at, 2)
    assert not sweep(session, runtime.now(), keep_days=1)
    session.rollback()
    count_all(runtime)
    assert sweep(session, runtime.now(), keep_days=1)
    session.commit()
    assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 0
    assert kept(runtime) == [(quarter_of(at), 2, 0, 0)]


def test_what_ended_before_anything_is_told_of_it_goes_uncounted(
    runtime: Runtime, clock: Clock, session: Session
) -> None:
    rows_that_ended(runtime, clock.time - timedelta(days=40))
    count_all(runtime)
    assert kept(runtime) == []
    assert sweep(session, runtime.now(), keep_days=30)


def test_what_a_clock_ahead_counted_keeps_nothing_from_being_counted(
    runtime: Runtime, clock: Clock
) -> None:
    right = at_a_quarter(clock)
    clock.advance(days=400)
    rows_that_ended(runtime, clock.time)
    clock.advance(minutes=30)
    count_all(runtime)
    assert len(kept(runtime)) == 1
    clock.time = right + timedelta(minutes=3)
    with runtime.database.transaction() as session:
        session.execute(update(OutboxMessage).values(finished_at=runtime.now()))
        for table, old in ended.outdated(runtime.now()):
            session.execute(delete(table).where(old))
    clock.advance(minutes=20)
    count_all(runtime)
    assert kept(runtime) == [(quarter_of(right), 1, 0, 0)]


def test_two_workers_count_a_quarter_once(runtime: Runtime, clock: Clock) -> None:
    begins = at_a_quarter(clock) - timedelta(hours=1)
    rows_that_ended(runtime, begins, 2)
    over = quarter_of(runtime.now()) - 1
    assert ended._count_next(runtime, runtime.now(), over)
    with runtime.database.transaction() as session:  # as somebody who had read before
        statement = ended._KEEP[session.get_bind().dialect.name]
        values = {"quarter": quarter_of(begins), "sent": 9, "failed": 9, "expired": 9}
        session.execute(statement, values | {"hand_over": ""})
    assert kept(runtime) == [(quarter_of(begins), 2, 0, 0)]
    with runtime.database.session(reading=True) as session:
        assert counted_until(session, runtime.now()) == begins + timedelta(minutes=15)


def test_a_median_is_right_to_a_fifth() -> None:
    for true in (80, 640, 1_234, 8_000, 47_000, 610_000, 5_000_000, 90_000_000):
        tally = Tally()
        for percent in range(-30, 31):
            tally.hand_over[class_of(true * (100 + percent) // 100)] += 1
        found = milliseconds_at(read(written(tally.hand_over)), 0.5)
        assert found is not None
        assert abs(found - true) <= true / 5, (true, found)


def test_parts_of_a_histogram_are_told_even_where_it_is_odd() -> None:
    assert milliseconds_at(read(""), 0.5) is None
    assert milliseconds_at(read("0:1"), 0.95) == 48
    assert milliseconds_at(read(f"{len(EDGES)}:4"), 0.5) == EDGES[-1], "longer than can be told"
    assert read("3:2 nonsense 4:x 3:1") == {3: 3}
    assert all(one < other for one, other in pairwise(EDGES))


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        *((None, "–"), (0, "0 ms"), (999, "999 ms"), (1_000, "1 s"), (1_449, "1.4 s")),
        *((59_600, "60 s"), (90_000, "1.5 min"), (1_200_000, "20 min"), (9_000_000, "2.5 h")),
        (90_000_000, "25 h"),
    ],
)
def test_durations_are_told_in_one_unit(milliseconds: int | None, words: str) -> None:
    assert in_words(milliseconds) == words


def test_only_the_mails_of_the_time_asked_for_are_read(runtime: Runtime) -> None:
    if not runtime.database.is_sqlite:
        pytest.skip("PostgreSQL plans by statistics, which a small table does not have")
    with runtime.database.session(reading=True) as session:
        values = {"since": runtime.now(), "until": runtime.now()}
        bound = ended._TALLY["sqlite"].params(**values)
        sql = bound.compile(runtime.database.engine, compile_kwargs={"literal_binds": True})
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all()
    steps = " ".join(str(row[-1]) for row in plan)
    assert "ix_outbox_messages_finished_at (finished_at>? AND finished_at<?)" in steps, steps
