"""What every answer's headers forbid the browser, and what cookies carry."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from tests.factories import PASSWORD, csrf_of
from tests.security.hostile import rules
from tests.security.world import PEOPLE, World, build, without_form_tokens
from tests.visitor import Visitor

POLICY_OF_A_SAMPLE = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "sandbox": [],
}


@pytest.fixture
def world(make_app: Callable[..., Flask]) -> World:
    return build(make_app())


def policy(text: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for part in text.split(";") if (words := part.split())}


@pytest.mark.parametrize("person", PEOPLE)
def test_every_answer_forbids_scripts_frames_storing_and_guessing(
    world: World, person: str
) -> None:
    client = world.client(person)
    with without_form_tokens(world.app):
        for rule in rules(world.app):
            for method in sorted((rule.methods or set()) & {"GET", "POST", "HEAD"}):
                if rule.rule.endswith(("/demote", "/remove")):
                    continue
                answer = client.open(world.path(rule), method=method)
                answer.close()
                where = f"{person} {method} {rule.rule}"
                said = policy(answer.headers["Content-Security-Policy"])
                assert said["default-src"] == ["'none'"], where
                if rule.endpoint == "letters.framed" and answer.status_code == 200:
                    # A mail's HTML, which styles its parts inline: all the rest is forbidden it.
                    assert said == POLICY_OF_A_SAMPLE, where
                    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN", where
                    continue
                assert said["script-src"] == ["'self'"], where
                assert said["style-src"] == ["'self'"], where
                assert said["frame-ancestors"] == ["'none'"], where
                assert said["base-uri"] == ["'none'"], where
                assert said["form-action"] == ["'self'"], where
                assert "unsafe" not in str(said), where
                assert answer.headers["X-Content-Type-Options"] == "nosniff", where
                assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, where
                assert answer.headers["X-Frame-Options"] == "DENY", where
                if rule.endpoint != "static":
                    assert answer.headers["Cache-Control"] == "no-store", where
                assert "Server" not in answer.headers, where


def test_errors_too(world: World) -> None:
    client = world.client("visitor")
    for path, method in (("/nothing", "GET"), ("/login", "POST"), ("/login", "DELETE")):
        answer = client.open(path, method=method)
        assert answer.status_code in {400, 404, 405}
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("secure", [False, True])
def test_the_session_cookie_is_not_for_scripts_nor_other_sites(
    app: Flask, admin: User, secure: bool
) -> None:
    client = app.test_client()
    base = "https://hr.acme.test" if secure else "http://hr.acme.test"
    page = client.get("/login", base_url=base)
    form = {"csrf_token": csrf_of(page.data), "email": "alice@acme.test", "password": PASSWORD}
    headers = {"Referer": f"{base}/login"}
    answer = client.post("/login", data=form, base_url=base, headers=headers)
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert ("Secure" in cookie) is secure
    assert ("Strict-Transport-Security" in answer.headers) is secure


def test_a_session_that_was_planted_is_worth_nothing_after_signing_in(
    app: Flask, admin: User
) -> None:
    """Fixation: whoever set the cookie beforehand is not signed in by it."""
    attacker = app.test_client()
    attacker.get("/login")
    planted = attacker.get_cookie("novantra")
    assert planted
    victim = app.test_client()
    victim.set_cookie("novantra", planted.value)
    assert Visitor(victim).sign_in("alice@acme.test").status_code == 303
    assert victim.get("/admin/system").status_code == 200
    assert attacker.get("/admin/system").location.startswith("/login")
    token = victim.get_cookie("novantra")
    assert token
    assert token.value != planted.value


def test_signing_out_takes_a_form_with_its_token(admin_client: FlaskClient) -> None:
    assert admin_client.get("/logout").status_code == 405
    assert admin_client.post("/logout").status_code == 400
    assert admin_client.get("/admin/system").status_code == 200
    token = csrf_of(admin_client.get("/account").data)
    assert admin_client.post("/logout", data={"csrf_token": token}).status_code == 303
    assert admin_client.get("/admin/system").status_code == 303


@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.parametrize("path", ["/", "/admin/system", "//login", "/admin//system", "/login/"])
def test_no_redirect_names_the_host_of_the_request(
    make_app: Callable[..., Flask], proxies: int, path: str
) -> None:
    world = build(make_app(trusted_proxies=proxies))
    forged = {
        "Host": "evil.test",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "//evil.test",
        "X-Original-URL": "//evil.test/",
        "Forwarded": "host=evil.test;proto=https",
    }
    for person in ("visitor", "install_admin"):
        answer = world.client(person).get(path, headers=forged)
        assert "evil.test" not in answer.headers.get("Location", "")
        assert "evil.test" not in answer.text
