"""Typed codes are random, short-lived, counted in the database and bound to the request."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import codes
from app.accounts.codes import CodePurpose
from app.accounts.models import Code, User
from app.mail.addresses import Address
from app.runtime import Runtime
from app.throttle import subject_of_address
from tests.conftest import Clock
from tests.factories import make_user
from tests.visitor import Mailbox, Visitor, code_in


@pytest.fixture
def code(visitor: Visitor, session: Session, admin: User, mailbox: Mailbox) -> str:
    """The code of the locked dana@acme.test."""
    make_user(session, "dana@acme.test")
    session.commit()
    for _ in range(5):
        visitor.sign_in("dana@acme.test", "wrong")
    return code_in(mailbox.only("dana@acme.test"))


def wrong(code: str) -> str:
    return ("A" if code[0] != "A" else "C") + code[1:]


def test_the_sixth_guess_fails_though_correct_with_fresh_cookies_each_time(
    app: Flask, code: str
) -> None:
    for _ in range(5):
        browser = Visitor(app.test_client())
        answer = browser.submit("/unlock", email="dana@acme.test", code=wrong(code))
        assert answer.status_code == 422
    right = Visitor(app.test_client()).submit("/unlock", email="dana@acme.test", code=code)
    assert right.status_code == 422


def test_the_fifth_guess_may_be_the_right_one(app: Flask, visitor: Visitor, code: str) -> None:
    for _ in range(4):
        visitor.submit("/unlock", email="dana@acme.test", code=wrong(code))
    assert visitor.submit("/unlock", email="dana@acme.test", code=code).status_code == 303


def test_guesses_at_once_are_all_counted(runtime: Runtime, session: Session, code: str) -> None:
    subject = subject_of_address(Address.parse("dana@acme.test"))
    start = threading.Barrier(20)

    def guess() -> None:
        start.wait()
        with runtime.database.transaction() as own:
            codes.check(
                own,
                runtime,
                purpose=CodePurpose.UNLOCK,
                subject=subject,
                code=wrong(code),
                now=runtime.now(),
            )

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session.scalar(select(Code.tries)) == codes.TRIES
    assert not codes.check(
        session,
        runtime,
        purpose=CodePurpose.UNLOCK,
        subject=subject,
        code=code,
        now=runtime.now(),
    )


def test_a_code_works_for_the_address_it_was_mailed_to_only(visitor: Visitor, code: str) -> None:
    for _ in range(5):
        visitor.sign_in("alice@acme.test", "wrong")
    assert visitor.submit("/unlock", email="alice@acme.test", code=code).status_code == 422
    assert visitor.submit("/unlock", email="dana@acme.test", code=code).status_code == 303


def test_a_code_is_stored_hashed_and_one_lives_at_a_time(
    session: Session, runtime: Runtime, code: str
) -> None:
    stored = session.scalars(select(Code)).one()
    assert code not in repr(vars(stored))
    subject = subject_of_address(Address.parse("dana@acme.test"))
    newer = codes.issue(
        session, runtime, purpose=CodePurpose.UNLOCK, subject=subject, now=runtime.now()
    )
    session.expire_all()
    assert session.scalars(select(Code)).one().tries == 0
    for given, expected in ((code, False), (newer, True), (newer, False)):
        found = codes.check(
            session,
            runtime,
            purpose=CodePurpose.UNLOCK,
            subject=subject,
            code=given,
            now=runtime.now(),
        )
        assert found is expected


def test_ten_minutes_and_not_a_second_more(
    visitor: Visitor, code: str, clock: Clock, session: Session
) -> None:
    stored = session.scalars(select(Code)).one()
    assert stored.expires_at - stored.created_at == timedelta(minutes=10)
    session.rollback()
    clock.advance(minutes=10)
    assert visitor.submit("/unlock", email="dana@acme.test", code=code).status_code == 422


def test_codes_are_random_and_of_letters_that_nobody_mistakes(
    session: Session, runtime: Runtime, admin: User
) -> None:
    made = [
        codes.issue(session, runtime, purpose=purpose, subject="s", now=runtime.now())
        for purpose in CodePurpose
        for _ in range(200)
    ]
    unlock, signup = set(made[:200]), set(made[200:])
    assert len(unlock) == 200
    assert len(signup) > 190
    assert all(len(c) == 8 and not set(c) & set("0O1IL5S2ZB8UG") for c in unlock)
    assert all(len(c) == 6 and c.isascii() and c.isdigit() for c in signup)
