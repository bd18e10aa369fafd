"""Whatever a proxy passes on, a client is its network address and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import clients
from app.audit.models import AuditEvent
from app.client import client_ip, client_network
from app.runtime import EXTENSION
from tests.factories import install_novantra, make_user
from tests.visitor import Visitor


@pytest.fixture
def proxied(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Behind one proxy that passes on what it was told; six wrong guesses are too many."""
    monkeypatch.setattr(clients, "WRONG_GUESSES", 6)
    app = make_app(ratelimit_enabled=True, trusted_proxies=1)
    with app.extensions[EXTENSION].database.transaction() as session:
        install_novantra(session)
        for number in range(12):
            make_user(session, f"p{number}@acme.test")
    return app


@pytest.mark.parametrize(
    ("told", "address", "network"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::9", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:51234", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("unknown", "", ""),
        ("_hidden", "", ""),
        ("203.0.113.7.8", "", ""),
        ("x" * 3000, "", ""),
        ("<script>", "", ""),
    ],
)
def test_a_client_is_an_address_or_nothing(
    app: Flask, told: str, address: str, network: str
) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": told}):
        assert client_ip() == address
        assert client_network() == network


def test_another_port_is_no_other_client(proxied: Flask) -> None:
    for number in range(6):
        headers = {"X-Forwarded-For": f"203.0.113.7:{40_000 + number}"}
        answer = Visitor(proxied.test_client()).submit(
            "/login", email=f"p{number}@acme.test", password="wrong", headers=headers
        )
        assert answer.status_code == 422
    last = Visitor(proxied.test_client()).submit(
        "/login",
        email="p7@acme.test",
        password="wrong",
        headers={"X-Forwarded-For": "203.0.113.7:9"},
    )
    assert last.status_code == 429


def test_nonsense_in_the_place_of_an_address_is_neither_stored_nor_a_way_around(
    proxied: Flask,
) -> None:
    for number in range(7):
        answer = Visitor(proxied.test_client()).submit(
            "/login",
            email="p1@acme.test",
            password="wrong",
            headers={"X-Forwarded-For": "n" * (100 + number)},
        )
        assert answer.status_code in {422, 429}
    with proxied.extensions[EXTENSION].database.session(reading=True) as session:
        locked = session.scalars(select(AuditEvent).where(AuditEvent.tag == "login:locked")).one()
    assert locked.ip in {None, ""}
