"""What goes to the driver as it is says the same as when SQLAlchemy says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, event, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app import counters
from app.counters import Counter
from app.flights import Ready, together
from app.mailer import health, snapshots
from app.outbox import breaker, sent, taking
from app.outbox.models import ATTEMPTS, MESSAGES
from app.runtime import Runtime
from tests.databases import TEST_DATABASE_URL
from tests.outbox.letters import configure, queue_resets
from tests.statements import statements

COUNTERS = Counter.__table__


@pytest.fixture
def queued(runtime: Runtime) -> Runtime:
    configure(runtime)
    queue_resets(runtime, ["a@acme.test", "b@acme.test"])
    return runtime


def test_rows_are_those_that_sqlalchemy_makes_of_every_column(queued: Runtime) -> None:
    """Moments with and without fractions of a second, empty columns, numbers, truth."""
    with queued.database.transaction() as session:
        even = datetime(2026, 3, 1, 12, tzinfo=UTC)
        session.execute(MESSAGES.update().values(expires_at=even, due_at=even))
        tables: list[Select[Any]] = [select(MESSAGES).order_by(MESSAGES.c.id)]
        tables += [taking._TAKE._by_database["sqlite"]] if queued.database.is_sqlite else []
        for statement in tables:
            values = {"of_lane": 0, "now": queued.now(), "room": 9}
            theirs = session.execute(statement, values).all()
            ours = Ready(statement).run(session.connection(), values).rows
            assert [row._asdict() for row in ours] == [dict(row._mapping) for row in theirs]
            assert theirs


def test_what_decides_about_mail_is_read_as_sqlalchemy_reads_it(runtime: Runtime) -> None:
    with runtime.database.transaction() as session:
        health.pause_by_hand(session, now=runtime.now(), actor=health.WORKER)
        statement = breaker._LOOK._statement
        assert statement is not None
        theirs = session.execute(statement).one()
        (ours,) = breaker._LOOK.run(session.connection(), {}).rows
        assert ours._asdict() == dict(theirs._mapping)
        assert ours.paused_at == runtime.now()


@pytest.mark.parametrize(
    "ready",
    [
        *(taking._TAKE, taking._TAKE_EACH, sent._EACH, sent.NOTE, sent._ALL),
        *(breaker._LOOK, health._SUCCESS, snapshots._SENT, counters._RAISE),
    ],
)
def test_no_text_holds_a_list_that_grows_with_its_values(ready: Ready, runtime: Runtime) -> None:
    dialect = runtime.database.engine.dialect
    if ready._statement is None and dialect.name not in ready._by_database:
        pytest.skip("not for this database")
    assert "POSTCOMPILE" not in ready.on(dialect).text


def test_several_are_answered_in_their_order(runtime: Runtime) -> None:
    number = Ready(select(func.count().label("number")).select_from(COUNTERS))
    with runtime.database.transaction() as session:
        one = counters.raised("sent", {"kind": "a"}, number=2)
        answers = together(session.connection(), (number, {}), one, one, (number, {}))
    assert [row.number for answer in answers for row in answer.rows] == [0, 1]
    assert [answer.changed for answer in answers[1:3]] == [1, 1]
    with runtime.database.session(reading=True) as session:
        assert counters.counted(session, "sent") == [({"kind": "a"}, 4, 0.0)]


def test_each_tells_how_many_rows_every_time_changed(queued: Runtime) -> None:
    with queued.database.transaction() as session:
        ids = session.scalars(select(MESSAGES.c.id).order_by(MESSAGES.c.id)).all()
        until = {"until": queued.now() + timedelta(minutes=1)}
        rows = [{"taken": each} for each in (ids[0], 4_711, ids[1])]
        assert taking._TAKE_EACH.each(session.connection(), until, rows) == [1, 0, 1]
        assert taking._TAKE_EACH.each(session.connection(), until, []) == []


def test_it_is_undone_with_its_transaction(runtime: Runtime) -> None:
    with runtime.database.session() as session:
        counters.count(session, "sent", {})
        session.rollback()
    with runtime.database.session(reading=True) as session:
        assert counters.counted(session, "sent") == []


def test_an_error_is_sqlalchemys_and_the_connection_serves_again(runtime: Runtime) -> None:
    """Whatever else was in that flight is undone with it."""
    nobodys = {"now": runtime.now(), "took_ms": 1, "claimed_id": 4_711}
    nobodys |= {f"said_{part}": None for part in ("phase", "code", "reply_code", "enhanced_code")}
    for _ in range(2):
        with runtime.database.session() as session:
            told = counters.raised("sent", {})
            with pytest.raises(IntegrityError) as raised:
                together(session.connection(), told, (sent.NOTE, nobodys), told)
            session.rollback()
        assert "INSERT INTO outbox_attempts" in str(raised.value)
        assert "[parameters" not in str(raised.value), "among values are addresses"
    with runtime.database.session(reading=True) as session:
        assert counters.counted(session, "sent") == []


@pytest.mark.skipif(not TEST_DATABASE_URL, reason="SQLite has no connection to lose")
def test_a_connection_that_was_lost_is_given_up(runtime: Runtime) -> None:
    with runtime.database.session() as session:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
        with runtime.database.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
        with pytest.raises(DBAPIError) as raised:
            counters.count(session, "sent", {})
    assert raised.value.connection_invalidated
    with runtime.database.transaction() as session:
        counters.count(session, "sent", {})


def test_who_listens_to_the_engine_hears_it(runtime: Runtime) -> None:
    with statements(runtime.database) as heard, runtime.database.transaction() as session:
        told = counters.raised("sent", {})
        together(session.connection(), told, told)
    assert len(heard) == 2
    assert heard[0].startswith("INSERT INTO counters")
    many: list[bool] = []

    def hear(*said: Any) -> None:
        many.append(said[5])

    event.listen(runtime.database.engine, "before_cursor_execute", hear)
    with runtime.database.transaction() as session:
        rows = [{"taken": 1}, {"taken": 2}]
        taking._TAKE_EACH.each(session.connection(), {"until": runtime.now()}, rows)
    event.remove(runtime.database.engine, "before_cursor_execute", hear)
    assert many == [True]


def test_a_statement_follows_its_table() -> None:
    """So a column that is renamed is renamed here, or fails at once."""
    assert set(sent._SENT) <= set(MESSAGES.c.keys())
    with pytest.raises(AttributeError):
        insert(ATTEMPTS).values(message_id=ATTEMPTS.c.no_such_column)
