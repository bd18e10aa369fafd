"""Limits that guard a secret survive restarts, hold across processes and cannot be dodged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import clients
from app.accounts.models import Code, User
from tests.conftest import Clock
from tests.factories import csrf_of, install_novantra, make_user
from tests.visitor import Mailbox, Visitor, code_in

SPOOFED = {"X-Forwarded-For": "203.0.113.99", "Forwarded": "for=203.0.113.99"}


def guess(visitor: Visitor, email: str, **headers: str) -> int:
    return visitor.submit("/login", email=email, password="wrong", headers=headers).status_code


def test_failures_count_across_processes_and_restarts(
    make_app: Callable[..., Flask], app: Flask, admin: User
) -> None:
    for _ in range(4):
        assert guess(Visitor(make_app().test_client()), "alice@acme.test") == 422
    assert guess(Visitor(app.test_client()), "alice@acme.test") == 429
    assert Visitor(make_app().test_client()).sign_in("alice@acme.test").status_code == 429


def test_tries_at_a_code_count_across_processes_and_restarts(
    make_app: Callable[..., Flask], visitor: Visitor, admin: User, mailbox: Mailbox
) -> None:
    for _ in range(5):
        guess(visitor, "alice@acme.test")
    code = code_in(mailbox.only("alice@acme.test"))
    for _ in range(5):
        browser = Visitor(make_app().test_client())
        browser.submit("/unlock", email="alice@acme.test", code="AAAAAAAA")
    last = Visitor(make_app().test_client())
    assert last.submit("/unlock", email="alice@acme.test", code=code).status_code == 422


def test_mails_per_address_count_across_processes(
    make_app: Callable[..., Flask], admin: User, mailbox: Mailbox
) -> None:
    for _ in range(5):
        Visitor(make_app().test_client()).submit("/forgot-password", email="alice@acme.test")
    assert len(mailbox.deliver()) == 3


@pytest.fixture
def limited(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Limits per client are on, and few, so that the test ends soon."""
    monkeypatch.setattr(clients, "WRONG_GUESSES", 6)
    app = make_app(ratelimit_enabled=True)
    from app.runtime import EXTENSION

    with app.extensions[EXTENSION].database.transaction() as session:
        install_novantra(session)
        for number in range(12):
            make_user(session, f"p{number}@acme.test")
    return app


def test_one_client_guesses_at_many_accounts_only_so_often(
    limited: Flask, make_app: Callable[..., Flask], clock: Clock
) -> None:
    visitor = Visitor(limited.test_client())
    assert [guess(visitor, f"p{n}@acme.test") for n in range(6)] == [422] * 6
    refused = visitor.sign_in("p7@acme.test")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 901
    restarted = Visitor(make_app(ratelimit_enabled=True).test_client())
    assert restarted.sign_in("p7@acme.test").status_code == 429
    clock.advance(minutes=15)
    assert restarted.sign_in("p7@acme.test").status_code == 303


def test_a_spoofed_forwarding_header_does_not_help(limited: Flask) -> None:
    visitor = Visitor(limited.test_client())
    for number in range(6):
        forged = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}
        guess(visitor, f"p{number}@acme.test", **forged)
    assert guess(visitor, "p7@acme.test", **SPOOFED) == 429


def test_behind_a_trusted_proxy_each_client_counts_for_itself(
    limited: Flask, make_app: Callable[..., Flask]
) -> None:
    proxied = Visitor(make_app(ratelimit_enabled=True, trusted_proxies=1).test_client())
    for number in range(6):
        guess(proxied, f"p{number}@acme.test", **{"X-Forwarded-For": "203.0.113.7"})
    busy = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
    assert guess(proxied, "p7@acme.test", **busy) == 429, "what the client itself wrote is ignored"
    assert guess(proxied, "p7@acme.test", **{"X-Forwarded-For": "203.0.113.8"}) == 422


def test_an_ipv6_customer_is_one_client_whatever_address_of_theirs_is_used() -> None:
    from app.throttle import subject_of_client

    same = {subject_of_client(f"2001:db8:1:2::{n:x}") for n in range(50)}
    assert len(same) == 1
    assert subject_of_client("2001:db8:1:3::1") not in same


def test_switching_request_limits_off_keeps_locks_and_tries(
    visitor: Visitor, admin: User, mailbox: Mailbox, session: Session
) -> None:
    """The fixtures' application runs with the limits per client off."""
    for _ in range(5):
        guess(visitor, "alice@acme.test")
    assert visitor.sign_in("alice@acme.test").status_code == 429
    mailbox.deliver()
    for _ in range(7):
        visitor.submit("/unlock", email="alice@acme.test", code="AAAAAAAA")
    assert session.scalar(select(Code.tries)) == 5


def test_a_flood_of_requests_is_answered_with_429_and_when_to_come_back(
    limited: Flask,
) -> None:
    visitor = Visitor(limited.test_client())
    form = {"csrf_token": csrf_of(visitor.get("/forgot-password").data), "email": "p0@acme.test"}
    answers = [
        visitor.client.post("/forgot-password", data=form, headers=SPOOFED) for _ in range(61)
    ]
    assert [answer.status_code for answer in answers] == [503] * 60 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
