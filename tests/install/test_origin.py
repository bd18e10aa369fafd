"""Forms must work behind any sensible proxy, and a refused one says which header is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.accounts.models import User
from tests.factories import PASSWORD, csrf_of
from tests.wizard.walk import Walk, token_of

SECURE = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
def proxied(make_app: Callable[..., Flask], app: Flask, admin: User) -> Flask:
    """The install of the ``app`` fixture, https://hr.acme.test, behind one trusted proxy."""
    return make_app(trusted_proxies=1)


def sign_in(
    app: Flask, headers: dict[str, str], *, host: str = "hr.acme.test", cookie: bool = True
) -> TestResponse:
    client = app.test_client(use_cookies=cookie)
    arriving = {"Host": host, **SECURE}
    page = client.get("/login", headers=arriving)
    form = {"csrf_token": csrf_of(page.data), "email": "alice@acme.test", "password": PASSWORD}
    return client.post("/login", data=form, headers={**arriving, **headers})


@pytest.mark.parametrize(
    "host", ["hr.acme.test", "hr.acme.test:8443", "127.0.0.1:8000", "novantra_upstream"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://hr.acme.test"},
        {"Origin": "https://hr.acme.test", "Referer": "https://hr.acme.test/login"},
        {"Origin": "https://HR.acme.test:443"},
        {"Referer": "https://hr.acme.test/login"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
    ids=str,
)
def test_a_form_from_the_access_url_is_taken_whatever_the_proxy_writes_as_host(
    proxied: Flask, host: str, headers: dict[str, str]
) -> None:
    assert sign_in(proxied, headers, host=host).status_code == 303


def test_an_install_opened_at_another_address_than_its_own_still_works(proxied: Flask) -> None:
    """Host and Origin agree: whoever moves to another name can sign in and change the URL."""
    answer = sign_in(proxied, {"Origin": "https://new.acme.test"}, host="new.acme.test")
    assert answer.status_code == 303


def test_a_form_from_elsewhere_is_refused_and_the_page_names_the_headers(proxied: Flask) -> None:
    answer = sign_in(proxied, {"Origin": "https://evil.test"}, host="hr.acme.test")
    assert answer.status_code == 400
    for said in (
        "The header Origin says https://evil.test",
        "the header Host says hr.acme.test",
        "the access URL is https://hr.acme.test",
        "proxy_set_header Host $http_host",
    ):
        assert said in answer.text
    assert "cookie" not in answer.text.lower()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "http://hr.acme.test"},
        {"Origin": "https://hr.acme.test:8443"},
        {"Origin": "https://hr.acme.test.evil.test"},
        {"Origin": "https://hr.acme.test@evil.test"},
        {"Origin": "null"},
        {"Origin": "https://["},
        {"Referer": "https://evil.test/hr.acme.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://hr.acme.test"},
    ],
    ids=str,
)
def test_what_another_site_sends_changes_nothing(proxied: Flask, headers: dict[str, str]) -> None:
    answer = sign_in(proxied, headers)
    assert answer.status_code == 400
    assert next(iter(headers)) in answer.text


def test_a_form_that_another_site_made_is_told_so_and_not_about_cookies(proxied: Flask) -> None:
    sent = {**SECURE, "Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
    answer = proxied.test_client().post("/login", data={"email": "a"}, headers=sent)
    assert answer.status_code == 400
    assert "Sec-Fetch-Site says that another site sent it" in answer.text


def test_without_its_token_a_form_from_the_right_place_is_refused_too(proxied: Flask) -> None:
    client = proxied.test_client()
    client.get("/login", headers=SECURE)
    sent = {**SECURE, "Origin": "https://hr.acme.test", "Sec-Fetch-Site": "same-origin"}
    answer = client.post("/login", data={"email": "alice@acme.test"}, headers=sent)
    assert answer.status_code == 400
    assert "out of date" in answer.text


def test_a_form_without_any_cookie_says_so_and_names_the_header(proxied: Flask) -> None:
    answer = sign_in(proxied, {"Origin": "https://hr.acme.test"}, cookie=False)
    assert answer.status_code == 400
    assert "The header Cookie is missing" in answer.text


@pytest.mark.parametrize("cookie", [False, True])
def test_a_proxy_that_says_https_to_a_browser_on_http_is_found_out(
    proxied: Flask, cookie: bool
) -> None:
    answer = sign_in(proxied, {"Origin": "http://hr.acme.test"}, cookie=cookie)
    assert answer.status_code == 400
    assert "The header Origin says http://hr.acme.test" in answer.text
    assert "X-Forwarded-Proto says https" in answer.text


@pytest.mark.parametrize("host", ["hr.acme.test", "127.0.0.1:8000"])
def test_the_wizard_takes_what_the_browser_says_before_there_is_an_access_url(
    make_app: Callable[..., Flask], host: str
) -> None:
    walk = Walk(make_app(trusted_proxies=1))
    arriving = {**SECURE, "Host": host}
    page = walk.client.get("/setup", headers=arriving)
    form = {"csrf_token": csrf_of(page.data), "setup_token": token_of(walk.app)}
    sent = {**arriving, "Origin": "https://hr.acme.test:8443"}
    answer = walk.client.post("/setup", data=form, headers=sent)
    assert (answer.status_code, answer.location) == (303, "/setup/access-url")
