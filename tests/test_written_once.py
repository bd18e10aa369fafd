"""A statement written out once answers at every moment as one that is built anew."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, bindparam, func, literal, select

from app.database import UtcDateTime
from app.moments import sql_within
from app.outbox.models import MESSAGES
from app.runtime import Runtime
from app.written_once import WrittenOnce
from tests.conftest import Clock
from tests.outbox.test_ended import rows_that_ended


def test_it_moves_with_the_present_and_keeps_everything_else(
    runtime: Runtime, clock: Clock
) -> None:
    built: list[object] = []

    def build(now: object) -> Select[tuple[int]]:
        built.append(now)
        row = MESSAGES.c
        hour = sql_within(row.finished_at, now, timedelta(hours=1))  # type: ignore[arg-type]
        some = select(func.count()).where(hour, row.state.in_(("sent", "failed")))
        newest = select(func.max(row.finished_at)).where(row.lane == 1)
        return select(
            some.scalar_subquery().label("some"),
            newest.scalar_subquery().label("newest"),
            bindparam("word", "a").label("word"),
            literal(now, UtcDateTime).label("now"),
        )

    began = clock.time
    rows_that_ended(runtime, began, 2)
    rows_that_ended(runtime, began, 3, state="cancelled", sent_at=None)
    statement = WrittenOnce(build)
    with runtime.database.session(reading=True) as session:
        found = statement.one(session, began)
        assert (found.some, found.newest, found.word, found.now) == (2, began, "a", began)
        later = began + timedelta(minutes=61)
        found = statement.one(session, later, word="b")
        assert (found.some, found.newest, found.word, found.now) == (0, began, "b", later)
    assert len(built) == 1
