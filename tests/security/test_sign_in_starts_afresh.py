"""``next`` stays inside, and signing in starts the session from nothing."""

from __future__ import annotations

import pytest
from flask import Flask

from app.accounts.models import User
from tests.factories import PASSWORD, cookie_of, plant
from tests.visitor import Visitor

OUTSIDE = [
    "/\\evil.example",
    "//evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "///evil.example",
    "https://evil.example/",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,hi",
    "/\t/evil.example",
    "\t//evil.example",
    "/\r\nLocation: https://evil.example",
    "/%5cevil.example\\",
    "evil.example",
    "@evil.example",
    "",
]


@pytest.mark.parametrize("target", OUTSIDE)
def test_a_target_outside_is_ignored(visitor: Visitor, admin: User, target: str) -> None:
    from urllib.parse import quote

    path = f"/login?next={quote(target, safe='')}"
    answer = visitor.submit(path, email="alice@acme.test", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    again = visitor.get(path)
    assert (again.status_code, again.location) == (303, "/"), "nor when signed in already"


def test_a_target_inside_is_followed(visitor: Visitor, admin: User) -> None:
    path = "/login?next=/account%3Ftab%3D1"
    answer = visitor.submit(path, email="alice@acme.test", password=PASSWORD)
    assert answer.location == "/account?tab=1"


def test_what_was_in_the_session_before_is_gone_after_signing_in(
    app: Flask, visitor: Visitor, admin: User
) -> None:
    visitor.get("/login")
    plant(visitor.client, planted="by somebody else")
    before = cookie_of(visitor.client).get("csrf_token")
    visitor.sign_in("alice@acme.test")
    after = cookie_of(visitor.client)
    assert "planted" not in after
    assert after.get("csrf_token") != before


def test_a_failed_sign_in_gives_no_session(visitor: Visitor, admin: User) -> None:
    visitor.sign_in("alice@acme.test", "wrong")
    assert "_user_id" not in cookie_of(visitor.client)


def test_the_session_cookie_cannot_be_read_by_scripts_or_sent_along_by_other_sites(
    visitor: Visitor, admin: User
) -> None:
    answer = visitor.sign_in("alice@acme.test")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
