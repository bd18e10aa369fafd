"""A browser somebody signed in from before has failures and a lock of its own."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import devices
from app.accounts.models import KnownDevice, User
from app.accounts.sessions import KNOWN_BROWSER_COOKIE
from app.accounts.tokens import hash_secret
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import PASSWORD, make_user
from tests.visitor import Mailbox, Visitor, code_in, link_in

DANA = "dana@acme.test"


@pytest.fixture
def dana(session: Session, admin: User) -> User:
    person = make_user(session, DANA, name="Dana")
    session.commit()
    return person


@pytest.fixture
def known(app: Flask, dana: User) -> Visitor:
    """Dana's browser, signed out."""
    browser = Visitor(app.test_client())
    assert browser.sign_in(DANA).status_code == 303
    browser.submit("/account", to="/logout")
    return browser


def fail(browser: Visitor, times: int, email: str = DANA) -> list[int]:
    return [browser.sign_in(email, "wrong").status_code for _ in range(times)]


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie(KNOWN_BROWSER_COOKIE)
    assert found is not None
    return str(found.value)


def test_a_stranger_s_failures_do_not_keep_the_person_out_and_the_stranger_s_lock_stays(
    visitor: Visitor, known: Visitor
) -> None:
    assert fail(visitor, 5) == [422] * 4 + [429]
    assert known.sign_in(DANA).status_code == 303
    assert visitor.sign_in(DANA).status_code == 429, "signing in elsewhere opens nothing here"


def test_a_known_browser_has_five_tries_like_any_other_and_no_more_after_them(
    visitor: Visitor, known: Visitor
) -> None:
    assert fail(known, 6) == [422] * 4 + [429] * 2
    assert known.sign_in(DANA).status_code == 429
    assert visitor.sign_in(DANA).status_code == 303, "its failures lock nobody else"


def test_the_cookie_is_no_way_around_the_password(known: Visitor) -> None:
    assert known.get("/account").status_code == 303
    assert known.sign_in(DANA, "").status_code == 422
    assert known.sign_in(DANA, "wrong").status_code == 422


def test_it_is_bound_to_the_person(visitor: Visitor, known: Visitor, admin: User) -> None:
    fail(visitor, 5, admin.email)
    assert known.sign_in(admin.email).status_code == 429


def test_two_people_share_a_browser_and_each_keeps_their_own_failures(
    known: Visitor, visitor: Visitor, admin: User
) -> None:
    assert known.sign_in(admin.email).status_code == 303
    known.submit("/account", to="/logout")
    fail(visitor, 5)
    fail(known, 4)
    known.sign_in(admin.email)
    known.submit("/account", to="/logout")
    assert known.sign_in(DANA, "wrong").status_code == 429, "no new five by signing in as another"
    assert known.sign_in(admin.email).status_code == 303


def test_the_secret_changes_with_every_sign_in_and_the_one_before_is_worth_nothing(
    known: Visitor, visitor: Visitor, app: Flask, session: Session
) -> None:
    planted = cookie_of(known.client)
    known.sign_in(DANA)
    assert cookie_of(known.client) != planted
    row = session.scalars(select(KnownDevice)).one()
    assert row.secret_hash == hash_secret(cookie_of(known.client))
    session.rollback()
    fail(visitor, 5)
    thief = Visitor(app.test_client())
    thief.client.set_cookie(KNOWN_BROWSER_COOKIE, planted)
    assert thief.sign_in(DANA).status_code == 429


@pytest.mark.parametrize("made_up", ["", "x", "0" * 43, "é" * 9, "a" * 3000])
def test_a_made_up_cookie_is_no_cookie(visitor: Visitor, dana: User, made_up: str) -> None:
    visitor.client.set_cookie(KNOWN_BROWSER_COOKIE, made_up)
    fail(visitor, 5)
    assert visitor.sign_in(DANA).status_code == 429


def test_a_failed_sign_in_is_answered_alike_whoever_has_the_address(
    visitor: Visitor, known: Visitor
) -> None:
    for browser in (visitor, known):
        for email in (DANA, "nobody@acme.test"):
            answer = browser.sign_in(email, "wrong")
            assert answer.status_code == 422
            assert KNOWN_BROWSER_COOKIE not in str(answer.headers.getlist("Set-Cookie"))


def test_a_reset_forgets_all_browsers_but_the_one_it_was_done_in(
    app: Flask, visitor: Visitor, known: Visitor, mailbox: Mailbox
) -> None:
    new = "four unrelated words here"
    mine, stranger = Visitor(app.test_client()), Visitor(app.test_client())
    mine.submit("/forgot-password", email=DANA)
    link = link_in(mailbox.only(DANA))
    assert mine.submit(link, password=new, password_confirm=new).status_code == 303
    assert mine.get("/account").status_code == 303, "nobody is signed in"
    fail(stranger, 5)
    assert known.sign_in(DANA, new).status_code == 429
    assert mine.sign_in(DANA, new).status_code == 303


def test_whoever_typed_the_code_is_not_locked_out_again_by_strangers(
    visitor: Visitor, app: Flask, dana: User, mailbox: Mailbox
) -> None:
    mine = Visitor(app.test_client())
    fail(visitor, 5)
    code = code_in(mailbox.only(DANA))
    assert mine.submit("/unlock", email=DANA, code=code).status_code == 303
    assert visitor.sign_in(DANA, "wrong").status_code == 429, "one try, and no new five"
    assert mine.sign_in(DANA).status_code == 303


def test_a_browser_known_by_a_code_gets_one_try_and_no_new_five(
    visitor: Visitor, app: Flask, dana: User, mailbox: Mailbox
) -> None:
    mine = Visitor(app.test_client())
    fail(visitor, 5)
    mine.submit("/unlock", email=DANA, code=code_in(mailbox.only(DANA)))
    assert fail(mine, 2) == [429, 429]


def test_a_locked_known_browser_is_helped_by_a_code_as_well(
    known: Visitor, mailbox: Mailbox
) -> None:
    fail(known, 5)
    code = code_in(mailbox.only(DANA))
    assert known.submit("/unlock", email=DANA, code=code).status_code == 303
    assert known.sign_in(DANA).status_code == 303


def test_a_browser_that_was_signed_out_from_elsewhere_is_known_no_more(
    visitor: Visitor, app: Flask, known: Visitor
) -> None:
    known.sign_in(DANA)
    other = Visitor(app.test_client())
    other.sign_in(DANA)
    other.submit("/account", to="/account/sessions/end-others")
    fail(visitor, 5)
    assert known.sign_in(DANA).status_code == 429
    other.submit("/account", to="/logout")
    assert other.sign_in(DANA).status_code == 303


def test_it_is_forgotten_after_half_a_year_and_beyond_twenty(
    visitor: Visitor,
    known: Visitor,
    clock: Clock,
    dana: User,
    session: Session,
    app: Flask,
    runtime: Runtime,
) -> None:
    with runtime.database.transaction() as own:
        for _ in range(devices.PER_PERSON + 3):
            devices.remember(own, user=dana, secret=None, now=clock())
    assert len(session.scalars(select(KnownDevice.id)).all()) == devices.PER_PERSON
    session.rollback()
    mine = Visitor(app.test_client())
    mine.sign_in(DANA)
    mine.submit("/account", to="/logout")
    clock.advance(seconds=devices.LIFETIME.total_seconds())
    fail(visitor, 5)
    assert mine.sign_in(DANA, PASSWORD).status_code == 429


def test_the_locked_page_says_when_no_code_was_mailed(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    for _ in range(3):
        fail(visitor, 5)
        page = visitor.sign_in(DANA).text
        assert "an unlock code was mailed to it" in page
        visitor.client.delete_cookie(KNOWN_BROWSER_COOKIE)
        code = code_in(mailbox.only(DANA))
        visitor.submit("/unlock", email=DANA, code=code)
        visitor.client.delete_cookie(KNOWN_BROWSER_COOKIE)
    fail(visitor, 1)
    page = visitor.sign_in(DANA).text
    assert mailbox.deliver() == []
    assert "No unlock code was mailed for this lock" in page
    assert "users unlock" in page
    assert "an unlock code was mailed to it" not in page
