"""Sessions are rows: they end when somebody ends them or by themselves, and all copies too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import sessions
from app.accounts.browsers import describe
from app.accounts.models import User, UserSession
from app.accounts.sessions import KNOWN_BROWSER_COOKIE, SECRET
from app.accounts.tidy import Tidying
from app.accounts.tokens import hash_secret
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import browser_with, cookie_of, make_user, plant
from tests.visitor import Visitor

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def dana(session: Session, admin: User) -> User:
    person = make_user(session, "dana@acme.test", name="Dana")
    session.commit()
    return person


def secret_of(client: FlaskClient) -> str:
    return str(cookie_of(client)[SECRET])


def signed_in_to(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_a_copied_cookie_stops_working_at_once_when_its_owner_signs_out(
    visitor: Visitor, dana: User, app: Flask
) -> None:
    visitor.sign_in("dana@acme.test")
    copy = browser_with(app, secret_of(visitor.client))
    assert signed_in_to(copy)
    visitor.submit("/account", to="/logout")
    assert not signed_in_to(copy)
    assert not signed_in_to(visitor.client)


def test_what_is_stored_opens_nothing(
    visitor: Visitor, dana: User, app: Flask, session: Session
) -> None:
    visitor.sign_in("dana@acme.test")
    secret = secret_of(visitor.client)
    row = session.scalars(select(UserSession)).one()
    assert row.secret_hash == hash_secret(secret)
    assert secret not in str(row.__dict__)
    assert not signed_in_to(browser_with(app, row.secret_hash))
    assert not signed_in_to(browser_with(app, f"{dana.id}:anything"))


@pytest.mark.parametrize("odd", [17, None, ["x"], {"a": 1}, "", "1:" + "a" * 32])
def test_cookies_of_other_shapes_are_nobodys(
    visitor: Visitor, dana: User, app: Flask, odd: object
) -> None:
    client = app.test_client()
    plant(client, **{SECRET: odd})
    assert client.get("/account").status_code == 303


def test_ordinary_answers_renew_no_cookie(visitor: Visitor, dana: User) -> None:
    visitor.sign_in("dana@acme.test")
    for _ in range(2):
        visitor.get("/account")  # the first makes the token of its forms
    for path in ("/account", "/organizations/acme/members", "/account/email"):
        assert "Set-Cookie" not in visitor.get(path).headers


def test_a_session_ends_unused_and_ends_however_busy(
    visitor: Visitor, dana: User, clock: Clock
) -> None:
    visitor.sign_in("dana@acme.test")
    clock.advance(seconds=sessions.IDLE.total_seconds() - 1)
    assert signed_in_to(visitor.client)
    clock.advance(seconds=sessions.IDLE.total_seconds())
    assert not signed_in_to(visitor.client)
    visitor.sign_in("dana@acme.test")
    began, days = clock(), 0
    while signed_in_to(visitor.client):
        clock.advance(hours=11)
        days += 1
        assert days < 100
    assert timedelta(hours=11) > clock() - began - sessions.LIFETIME >= timedelta()


def test_a_session_begun_under_a_clock_ahead_is_over_once_it_is_right(
    visitor: Visitor, dana: User, clock: Clock
) -> None:
    clock.advance(days=2)
    visitor.sign_in("dana@acme.test")
    assert signed_in_to(visitor.client)
    clock.advance(days=-2)
    assert not signed_in_to(visitor.client)


def test_last_seen_is_written_every_few_minutes_and_never_by_a_page_that_would_have_to_wait(
    visitor: Visitor, dana: User, clock: Clock, runtime: Runtime
) -> None:
    visitor.sign_in("dana@acme.test")

    def seen() -> object:
        with runtime.database.session(reading=True) as reading:
            return reading.scalars(select(UserSession.last_seen_at)).one()

    began = clock()
    clock.advance(minutes=4)
    visitor.get("/account")
    assert seen() == began
    clock.advance(minutes=1)
    with runtime.database.transaction() as writing:
        writing.execute(select(UserSession).with_for_update()).all()
        assert visitor.get("/account").status_code == 200
    assert seen() == began
    visitor.get("/account")
    assert seen() == clock()


def test_the_account_page_lists_browsers_and_signs_one_out_or_all_others(
    app: Flask, dana: User, session: Session, admin_client: FlaskClient
) -> None:
    def arrive(agent: str, ip: str) -> Visitor:
        here = Visitor(app.test_client())
        here.client.environ_base |= {"HTTP_USER_AGENT": agent, "REMOTE_ADDR": ip}
        here.sign_in("dana@acme.test")
        return here

    desk, phone = arrive(FIREFOX, "192.0.2.1"), arrive(SAFARI, "2001:db8::7")
    third = arrive("<script>alert(1)</script>", "192.0.2.3")
    page = desk.get("/account").text
    for words in ("Firefox on Linux", "Safari on iPhone", "from 192.0.2.1", "from 2001:db8::7"):
        assert words in page
    assert "alert(1)" not in page
    assert "Unknown browser" in page
    assert page.count("This browser") == 1
    numbers = dict(session.execute(select(UserSession.ip, UserSession.id)).all())
    session.rollback()
    end = f"/account/sessions/{numbers['2001:db8::7']}/end"
    assert Visitor(admin_client).submit("/account", to=end).status_code == 404
    assert signed_in_to(phone.client)
    assert desk.submit("/account", to=end).status_code == 303
    assert not signed_in_to(phone.client)
    assert desk.submit("/account", to=end).status_code == 404
    assert signed_in_to(third.client)
    answer = desk.submit("/account", to="/account/sessions/end-others")
    assert answer.status_code == 303
    assert not signed_in_to(third.client)
    page = desk.get("/account").text
    assert "One other browser is signed out" in page


def test_ending_this_very_session_leads_to_the_sign_in_page(
    visitor: Visitor, dana: User, session: Session
) -> None:
    visitor.sign_in("dana@acme.test")
    number = session.scalars(select(UserSession.id)).one()
    session.rollback()
    visitor.submit("/account", to=f"/account/sessions/{number}/end")
    assert not signed_in_to(visitor.client)


@pytest.mark.parametrize("way", ["removed", "demoted", "reset-by-the-shell", "password-changed"])
def test_what_takes_access_away_ends_every_session(
    way: str,
    dana: User,
    session: Session,
    admin_client: FlaskClient,
    sign_in: Callable[[User], FlaskClient],
    app: Flask,
) -> None:
    dana.is_install_admin = True
    session.commit()
    first, second = sign_in(dana), sign_in(dana)
    page = "/admin/system/administrators"
    if way in {"removed", "demoted"}:
        action = way.removesuffix("d")
        Visitor(admin_client).submit(page, to=f"{page}/{dana.id}/{action}")
    elif way == "password-changed":
        new = "four unrelated words here"
        Visitor(first).submit(
            "/account/password",
            current_password="correct horse battery staple",
            password=new,
            password_confirm=new,
        )
        assert signed_in_to(first), "whoever changed it goes on"
        first = second
    else:
        done = app.test_cli_runner().invoke(
            args=[
                "users",
                "create-admin",
                "--email",
                dana.email,
                "--name",
                "D",
                "--password-stdin",
            ],
            input="four unrelated words here\n",
        )
        assert done.exit_code == 0, done.output
    assert not signed_in_to(first)
    assert not signed_in_to(second)


def test_old_sessions_are_tidied_away_and_present_ones_stay(
    dana: User, sign_in: Callable[[User], FlaskClient], runtime: Runtime, clock: Clock
) -> None:
    sign_in(dana)
    clock.advance(days=38)
    present = sign_in(dana)
    Tidying()(runtime)
    with runtime.database.session(reading=True) as reading:
        assert len(reading.scalars(select(UserSession)).all()) == 1
    assert signed_in_to(present)


def test_both_cookies_are_kept_from_scripts_and_other_sites(visitor: Visitor, dana: User) -> None:
    answer = visitor.sign_in("dana@acme.test")
    cookies = {c.partition("=")[0]: c for c in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"novantra", KNOWN_BROWSER_COOKIE}
    for cookie in cookies.values():
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie, "this install is reached over plain http"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/131.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("", "Unknown browser"),
        ("x" * 100_000, "Unknown browser"),
    ],
)
def test_a_browser_is_named_in_short_words(agent: str, words: str) -> None:
    assert describe(agent) == words
