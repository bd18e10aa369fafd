"""A real Postfix with a certificate of a private authority, and one that wants to be shown one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.runtime import Runtime
from tests.certificates import authority_of, ca_file, certificate_of, key_of, pin_of, server_file
from tests.conftest import Clock
from tests.desk import Desk
from tests.mailer.pages import CHECKED, MailerPage
from tests.needs import need_postfix
from tests.relays import postfix

pytestmark = pytest.mark.relay

UNKNOWN = "A CA nobody knows"


@pytest.fixture
def desk(
    admin_client: FlaskClient, runtime: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    desk = Desk(MailerPage(admin_client), runtime, clock)
    yield desk
    desk.close()


@pytest.fixture
def folder(relay_folder: Path) -> Path:
    need_postfix()
    return relay_folder


def through(port: int, **changes: Any) -> dict[str, Any]:
    return {
        "provider": "smtp",
        "sender_address": "novantra@acme.test",
        "host": "localhost",
        "port": str(port),
        "secure": CHECKED,
        "username": postfix.USER,
        "password": postfix.PASSWORD,
        "connection_timeout": "5",
    } | changes


def test_postfix_of_a_private_authority_is_trusted_and_its_key_pinned(
    desk: Desk, folder: Path
) -> None:
    with postfix.Postfix(folder, server_file("unknown_issuer"), tls_level="encrypt") as relay:
        assert desk.check(**through(relay.port)).diagnoses == ["cert_unknown_issuer"]
        trusted = {"trust": "own", "ca_certificates": authority_of(UNKNOWN)}
        other = through(relay.port, **trusted, certificate_pin=pin_of("good"))
        assert desk.check(**other).diagnoses == ["cert_pin"]
        pinned = through(relay.port, **trusted, certificate_pin=pin_of("unknown_issuer"))
        for port, encryption in ((relay.port, "auto"), (relay.tls_port, "implicit")):
            desk.save(**pinned | {"port": str(port), "encryption": encryption})
            desk.queue("dana@acme.test")
            desk.work()
        assert len(relay.inbox("dana", count=2)) == 2


def test_postfix_that_wants_a_certificate_gets_it_or_says_why_not(desk: Desk, folder: Path) -> None:
    shutil.copy(ca_file(), folder / "clients.pem")
    wants = f"encrypt\nsmtpd_tls_req_ccert = yes\nsmtpd_tls_CAfile = {folder / 'clients.pem'}"
    with postfix.Postfix(folder, server_file(), tls_level=wants) as relay:
        assert desk.check(**through(relay.port)).diagnoses == ["client_cert_required"]
        for kind, code in (("client_elsewhere", "client_cert_refused"), ("client", None)):
            shown = {"client_certificate": certificate_of(kind), "client_key": key_of(kind)}
            found = desk.check(**through(relay.port, **shown))
            assert found.diagnoses == ([code] if code else [])
        desk.save(**through(relay.port, **shown))
        desk.queue("dana@acme.test")
        desk.work()
        assert len(relay.inbox("dana", count=1)) == 1
