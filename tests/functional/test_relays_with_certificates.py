"""A real Postfix with a certificate of a private authority; it and a real Dovecot that want to be
shown one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.certificates import authority_of, ca_file, certificate_of, key_of, pin_of, server_file
from tests.desk import Desk
from tests.functional.real_relays import desk, through
from tests.needs import need_dovecot, need_postfix
from tests.relays import dovecot, postfix
from tests.smtpd import Relay

__all__ = ["desk"]

pytestmark = pytest.mark.relay

UNKNOWN = "A CA nobody knows"


@pytest.fixture
def folder(relay_folder: Path) -> Path:
    need_postfix()
    return relay_folder


def test_postfix_of_a_private_authority_is_trusted_and_its_key_pinned(
    desk: Desk, folder: Path
) -> None:
    with postfix.Postfix(folder, server_file("unknown_issuer"), tls_level="encrypt") as relay:
        assert desk.check(**through(relay)).diagnoses == ["cert_unknown_issuer"]
        trusted = {"trust": "own", "ca_certificates": authority_of(UNKNOWN)}
        other = through(relay, **trusted, certificate_pin=pin_of("good"))
        assert desk.check(**other).diagnoses == ["cert_pin"]
        pinned = through(relay, **trusted, certificate_pin=pin_of("unknown_issuer"))
        for port, encryption in ((relay.port, "auto"), (relay.tls_port, "implicit")):
            desk.save(**pinned | {"port": str(port), "encryption": encryption})
            desk.queue("dana@acme.test")
            desk.work()
        assert len(relay.inbox("dana", count=2)) == 2


def test_postfix_that_wants_a_certificate_gets_it_or_says_why_not(desk: Desk, folder: Path) -> None:
    shutil.copy(ca_file(), folder / "clients.pem")
    wants = f"encrypt\nsmtpd_tls_req_ccert = yes\nsmtpd_tls_CAfile = {folder / 'clients.pem'}"
    with postfix.Postfix(folder, server_file(), tls_level=wants) as relay:
        assert desk.check(**through(relay)).diagnoses == ["client_cert_required"]
        for kind, code in (("client_elsewhere", "client_cert_refused"), ("client", None)):
            shown = {"client_certificate": certificate_of(kind), "client_key": key_of(kind)}
            found = desk.check(**through(relay, **shown))
            assert found.diagnoses == ([code] if code else [])
        desk.save(**through(relay, **shown))
        desk.queue("dana@acme.test")
        desk.work()
        assert len(relay.inbox("dana", count=1)) == 1


def test_dovecot_that_lets_nobody_log_in_without_a_certificate(
    desk: Desk, relay_folder: Path
) -> None:
    """Its handshake ends well with everybody; at the login it says what was missing."""
    need_dovecot()
    with (
        Relay() as sink,
        dovecot.Dovecot(relay_folder, server_file(), sink=sink.port, clients=ca_file()) as relay,
    ):
        without = desk.check(**through(relay))
        assert without.steps()["tls"] == "passed"
        assert without.steps()["auth"] == "failed"
        assert without.diagnoses == ["client_cert_required"], (without.words, relay.log())
        for kind, code in (("client_elsewhere", "client_cert_refused"), ("client", None)):
            shown = {"client_certificate": certificate_of(kind), "client_key": key_of(kind)}
            found = desk.check(**through(relay, **shown))
            assert found.diagnoses == ([code] if code else []), (found.words, relay.log())
        desk.save(**through(relay, **shown))
        desk.queue("dana@acme.test")
        desk.work()
        assert [mail.rcpt_to for mail in sink.envelopes] == ["dana@acme.test"]
        assert key_of("client") not in relay.log()
        desk.close()  # Dovecot stops once its clients are gone
