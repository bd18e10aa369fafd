"""A proxy that nobody told Novantra about is found out; numbers stay on the machine."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from tests.factories import signed_in

OVERVIEW = "/admin/system"
FORWARDED = {"X-Forwarded-For": "203.0.113.7"}
WRITTEN_BY_PROXIES = [
    *("Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"),
    *("X-Forwarded-Anything", "X-Real-IP", "CF-Connecting-IP"),
]
UNTRUSTED = "NOVANTRA_TRUSTED_PROXIES is 0"


def test_forwarding_headers_without_a_trusted_proxy_are_a_finding_and_one_log_line(
    admin_client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert UNTRUSTED not in admin_client.get(OVERVIEW).text
    with caplog.at_level(logging.WARNING, logger="novantra.web"):
        for _ in range(3):
            admin_client.get("/login", headers=FORWARDED)
    lines = [r for r in caplog.records if "NOVANTRA_TRUSTED_PROXIES" in r.getMessage()]
    assert len(lines) == 1
    assert "203.0.113.7" not in str(vars(lines[0]))
    page = admin_client.get(OVERVIEW).text
    assert UNTRUSTED in page
    assert "a proxy at 127.0.0.1" in page


@pytest.mark.parametrize("header", ["Forwarded", "Via", "X-Real-IP", "X-Forwarded-Proto"])
def test_every_header_that_only_proxies_write_counts(
    admin_client: FlaskClient, header: str
) -> None:
    assert UNTRUSTED in admin_client.get(OVERVIEW, headers={header: "1.1 x"}).text


def test_a_stranger_who_writes_such_headers_for_fun_is_no_proxy(
    admin_client: FlaskClient, client: FlaskClient
) -> None:
    client.get("/login", headers=FORWARDED, environ_base={"REMOTE_ADDR": "8.8.8.8"})
    assert UNTRUSTED not in admin_client.get(OVERVIEW).text


def test_a_trusted_proxy_is_no_finding_and_one_that_says_too_little_is(
    make_app: Callable[..., Flask], app: Flask, admin: User
) -> None:
    trusting = signed_in(make_app(trusted_proxies=2), admin)
    right = {"X-Forwarded-For": "203.0.113.7, 10.0.0.1"}
    assert "Reverse proxy" not in trusting.get(OVERVIEW, headers=right).text
    short = trusting.get(OVERVIEW, headers=FORWARDED).text
    assert "NOVANTRA_TRUSTED_PROXIES is 2" in short
    assert "X-Forwarded-For names 1" in short
    assert "X-Forwarded-For is missing" in trusting.get(OVERVIEW).text


@pytest.mark.parametrize("header", WRITTEN_BY_PROXIES)
@pytest.mark.parametrize("proxies", [0, 1])
def test_metrics_are_refused_to_whatever_a_proxy_forwarded(
    make_app: Callable[..., Flask], app: Flask, header: str, proxies: int
) -> None:
    client = make_app(trusted_proxies=proxies).test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_metrics_go_by_the_connection_and_not_by_what_it_claims(
    make_app: Callable[..., Flask], app: Flask
) -> None:
    client = make_app(trusted_proxies=1).test_client()
    elsewhere = {"REMOTE_ADDR": "198.51.100.9"}
    assert client.get("/metrics", environ_base=elsewhere).status_code == 403
