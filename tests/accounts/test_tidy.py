"""What nobody will ask for any more is deleted, some rows at a time, in every table that grows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Code, MailIntent
from app.accounts.tidy import Tidying
from app.database import Base
from app.organizations import signup
from app.organizations.models import SignupRequest
from app.runtime import EXTENSION, Runtime
from app.throttle import Throttle, subject_of_person
from tests.conftest import Clock

NUMBERS = iter(range(10_000))


def a_test_mail(at: datetime) -> Base:
    return Throttle(purpose="test-mail", subject=subject_of_person(1), at=at)


def a_signup(at: datetime) -> Base:
    return SignupRequest(
        secret_hash=f"{next(NUMBERS):064}",
        email="kim@acme.test",
        email_key="kim@acme.test",
        created_at=at,
        expires_at=at + signup.LIFETIME,
    )


def its_code(at: datetime) -> Base:
    return Code(
        purpose="signup",
        subject=f"{next(NUMBERS):064}",
        code_hash="0" * 64,
        created_at=at,
        expires_at=at + timedelta(minutes=10),
    )


def a_request_set_aside(at: datetime) -> Base:
    return MailIntent(
        kind="password-reset",
        email="kim@acme.test",
        email_key="kim@acme.test",
        ip=None,
        created_at=at,
        set_aside_at=at,
        set_aside_because="KeyError",
    )


KINDS = {
    a_test_mail: timedelta(days=1),
    a_signup: timedelta(hours=25),
    its_code: timedelta(days=1, minutes=10),
    a_request_set_aside: timedelta(days=30),
}
"""What → how old it gets."""


@pytest.fixture
def everything(app: Flask) -> Runtime:
    """An install in which strangers may sign up as well."""
    runtime: Runtime = app.extensions[EXTENSION]
    runtime.outdated.append(signup.outdated)
    return runtime


def left(runtime: Runtime, table: type[Base]) -> int:
    with runtime.database.session(reading=True) as reading:
        return reading.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_what_is_too_old_goes_and_what_is_not_stays(
    make: Callable[[datetime], Base], everything: Runtime, session: Session, clock: Clock
) -> None:
    kept = KINDS[make]  # type: ignore[index]
    session.add(make(clock.time - kept - timedelta(seconds=1)))
    session.add(young := make(clock.time - kept + timedelta(minutes=1)))
    session.commit()
    Tidying()(everything)
    assert left(everything, type(young)) == 1
    clock.advance(seconds=3600)
    Tidying()(everything)
    assert left(everything, type(young)) == 0


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_more_than_a_step_of_them_goes_in_steps(
    make: Callable[[datetime], Base],
    everything: Runtime,
    session: Session,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.in_steps.delete_some.__kwdefaults__", {"rows": 10})
    monkeypatch.setattr("app.accounts.tidy.SECONDS", 0.0)
    rows = [make(clock.time - timedelta(days=40)) for _ in range(35)]
    session.add_all(rows)
    session.commit()
    for remaining in (25, 15, 5, 0):
        Tidying()(everything)
        assert left(everything, type(rows[0])) == remaining
