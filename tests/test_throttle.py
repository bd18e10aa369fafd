"""Counting many at once comes to the same as counting them one after the other."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from app.database import UtcDateTime
from app.runtime import Runtime
from app.throttle import Limit, Tally, Throttle, TooMany, left, retry_at, take
from tests.conftest import Clock
from tests.statements import statements

MAILBOX = Limit("mailbox", 2, timedelta(hours=24))
SENDER = Limit("sender", 7, timedelta(hours=1))


def one_by_one(session: Session, wanted: list[str], clock: Clock) -> list[str | None]:
    """A mailbox that is full is not counted for the sender, nor the other way round."""
    found: list[str | None] = []
    for subject in wanted:
        try:
            with session.begin_nested():
                take(session, MAILBOX, subject, clock())
                take(session, SENDER, "acme", clock())
        except TooMany as refused:
            found.append(f"{refused.limit.purpose} until {refused.retry_at}")
        else:
            found.append(None)
    return found


def all_at_once(session: Session, wanted: list[str], clock: Clock) -> list[str | None]:
    tally = Tally(session, [*((MAILBOX, one) for one in wanted), (SENDER, "acme")], clock())
    found: list[str | None] = []
    for subject in wanted:
        try:
            tally.take((MAILBOX, subject), (SENDER, "acme"))
        except TooMany as refused:
            found.append(f"{refused.limit.purpose} until {refused.retry_at}")
        else:
            found.append(None)
    tally.write()
    return found


def free(session: Session, clock: Clock) -> list[int]:
    """What is left of each. (Rows that no longer count are cleared away sooner or later.)"""
    sender = left(session, SENDER, "acme", clock())
    return [sender, *(left(session, MAILBOX, one, clock()) for one in "abcde")]


@pytest.mark.parametrize("seed", range(4))
def test_a_tally_refuses_and_keeps_what_single_counts_do(
    runtime: Runtime, clock: Clock, seed: int
) -> None:
    began, chance = clock(), random.Random(seed)  # noqa: S311 - an order, no secret
    rounds = [
        ([chance.choice("abcde") for _ in range(6)], chance.choice((1, 20, 61, 1500)))
        for _ in range(8)
    ]
    runs = []
    for count in (one_by_one, all_at_once):
        clock.time = began
        told = []
        with runtime.database.session() as session:
            for wanted, minutes in rounds:
                told.append((count(session, wanted, clock), free(session, clock)))
                clock.advance(minutes=minutes)
            session.rollback()
        runs.append(told)
    assert runs[0] == runs[1]


def test_what_a_tally_refuses_is_free_again_when_it_said(runtime: Runtime, clock: Clock) -> None:
    with runtime.database.transaction() as session:
        for _ in range(SENDER.most):
            take(session, SENDER, "acme", clock())
            clock.advance(minutes=5)
        with pytest.raises(TooMany) as refused:
            Tally(session, [(SENDER, "acme")], clock()).take((SENDER, "acme"))
        assert refused.value.retry_at == retry_at(session, SENDER, "acme", clock())
        clock.time = refused.value.retry_at
        take(session, SENDER, "acme", clock())


def test_a_tally_that_is_not_written_counts_nothing(runtime: Runtime, clock: Clock) -> None:
    with runtime.database.transaction() as session:
        Tally(session, [(SENDER, "acme")], clock()).take((SENDER, "acme"))
        assert session.scalars(select(Throttle)).all() == []


def test_what_many_take_at_the_same_moment_is_one_row(runtime: Runtime, clock: Clock) -> None:
    with runtime.database.transaction() as session:
        tally = Tally(session, [(SENDER, "acme")], clock())
        for _ in range(3):
            tally.take((SENDER, "acme"))
        tally.write()
        assert session.scalars(select(Throttle.number)).all() == [3]
        assert left(session, SENDER, "acme", clock()) == SENDER.most - 3


def test_what_an_older_version_wrote_counts_as_one(runtime: Runtime, clock: Clock) -> None:
    with runtime.database.transaction() as session:
        old = "INSERT INTO throttles (purpose, subject, at) VALUES ('sender', 'acme', :at)"
        session.execute(text(old).bindparams(bindparam("at", clock(), UtcDateTime)))
        assert left(session, SENDER, "acme", clock()) == SENDER.most - 1


def test_statements_do_not_grow_with_the_subjects(runtime: Runtime, clock: Clock) -> None:
    names = [f"p{number}" for number in range(100)]
    with runtime.database.transaction() as session:
        session.connection()
        with statements(runtime.database) as sent:
            tally = Tally(session, [(MAILBOX, name) for name in names], clock())
            for name in names:
                tally.take((MAILBOX, name))
            tally.write()
        assert len(sent) <= 4
