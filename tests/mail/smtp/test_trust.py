"""Whose certificate counts: an own authority, a pinned key, and what the relay is shown in turn."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.crypto.secret import Secret
from app.mail import tls
from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mail.smtp.probe import log_in_only
from app.mail.smtp.transport import SmtpTransport
from app.mail.tls import client_context
from app.mail.transport import TransportError
from app.mail.trust import Authorities, Trust
from tests.certificates import (
    authority_of,
    certificate_of,
    intermediate,
    key_of,
    pin_of,
    server_context,
    server_file,
)
from tests.mail.relays import ENVELOPE, MESSAGE, settings_for
from tests.smtpd import Relay

OWN = Authorities.OWN
BOTH = Authorities.SYSTEM_AND_OWN
MODES = ("starttls", "implicit")


def outcome(
    certificate: str, trust: Trust, tls: str = "starttls", host: str = "localhost"
) -> str | None:
    """The code with which a relay with that certificate is refused, ``None`` where it is taken."""
    with Relay(tls=tls, certificate=certificate, users={"ann": "pw"}, require_auth=True) as relay:
        try:
            log_in_only(settings_for(relay, "ann", "pw", trust=trust, host=host))
        except TransportError as error:
            assert not relay.auth_attempts
            return error.code
        assert relay.auth_attempts == [("PLAIN", "ann", "pw", True)]
        return None


def own(*pem: str, authorities: Authorities = OWN, **more: object) -> Trust:
    return Trust(authorities=authorities, certificates="".join(pem), **more)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _the_system_knows_the_test_authority() -> None:
    """As for all tests: ``SSL_CERT_FILE`` names it (tests/conftest.py)."""
    assert "SSL_CERT_FILE" in os.environ


@pytest.mark.parametrize("mode", MODES)
def test_an_own_authority_is_trusted_alone_or_besides_the_usual(mode: str) -> None:
    theirs = authority_of("A CA nobody knows")
    assert outcome("unknown_issuer", Trust(), mode) == "cert_unknown_issuer"
    assert outcome("unknown_issuer", own(theirs), mode) is None
    assert outcome("unknown_issuer", own(theirs, authorities=BOTH), mode) is None
    assert outcome("good", own(theirs, authorities=BOTH), mode) is None
    assert outcome("good", own(theirs), mode) == "cert_unknown_issuer"


def test_a_certificate_that_signed_itself_is_its_own_anchor_with_its_name_and_dates() -> None:
    itself = certificate_of("self_signed")
    assert outcome("self_signed", Trust()) == "cert_self_signed"
    assert outcome("self_signed", own(itself)) is None
    elsewhere = own(certificate_of("other_name"))
    assert outcome("other_name", elsewhere) == "cert_hostname"
    assert outcome("good", own(itself)) == "cert_unknown_issuer"


def test_a_relays_certificate_is_an_anchor_though_an_authority_signed_it() -> None:
    assert outcome("unknown_issuer", own(certificate_of("unknown_issuer"))) is None


def test_an_authority_in_the_middle_is_an_anchor_without_its_root() -> None:
    between = intermediate()[1].public_bytes(Encoding.PEM).decode()
    assert outcome("by_intermediate", Trust()) == "cert_unknown_issuer"
    assert outcome("by_intermediate", own(between)) is None


def test_the_flags_are_the_same_whatever_python_says() -> None:
    """3.13 makes both the default, earlier ones neither; home-made authorities need the second
    off, anchors in the middle the first on."""
    for trust in (Trust(), own(authority_of()), own(authority_of(), authorities=BOTH)):
        flags = client_context(trust).verify_flags
        assert flags & ssl.VERIFY_X509_PARTIAL_CHAIN
        assert not flags & ssl.VERIFY_X509_STRICT


def test_nobody_is_trusted_where_nothing_is_given() -> None:
    assert outcome("good", Trust(authorities=OWN)) == "cert_unknown_issuer"
    assert outcome("self_signed", Trust(authorities=OWN)) == "cert_self_signed"


def test_a_certificate_has_one_key_however_it_is_asked_for() -> None:
    """Else a pin belongs to one key and what the relay shows to another, by the order of tests."""
    pin = pin_of("good")
    assert server_file() == server_file("good") == server_file(kind="good")
    assert pin_of("good") == pin


@pytest.mark.parametrize("mode", MODES)
def test_a_pin_is_asked_besides_the_chain(mode: str) -> None:
    mine, other = pin_of("good"), pin_of("expired")
    assert outcome("good", Trust(pins=(mine,)), mode) is None
    assert outcome("good", Trust(pins=(other, mine)), mode) is None
    assert outcome("good", Trust(pins=(other,)), mode) == "cert_pin"
    # The right key, and a chain, a name or dates that are not.
    unknown = Trust(pins=(pin_of("unknown_issuer"),))
    assert outcome("unknown_issuer", unknown, mode) == "cert_unknown_issuer"
    assert outcome("expired", Trust(pins=(other,)), mode) == "cert_expired"
    assert outcome("other_name", Trust(pins=(pin_of("other_name"),)), mode) == "cert_hostname"


def test_a_pin_stands_in_place_of_an_authority_only_where_a_relay_vouches_for_itself() -> None:
    alone = Trust(authorities=OWN, pins=(pin_of("self_signed"),))
    assert alone.by_pin_alone
    assert outcome("self_signed", alone) is None
    assert outcome("self_signed", alone, host="127.0.0.1") is None
    assert outcome("good", alone) == "cert_pin"
    by_an_authority = Trust(authorities=OWN, pins=(pin_of("good"),))
    assert outcome("good", by_an_authority) == "cert_unknown_issuer"


def test_another_key_holds_all_mail_until_a_person_has_looked() -> None:
    assert disposition_of(FailureCode.CERT_PIN) is Disposition.PAUSE


def shown(kind: str, **more: object) -> Trust:
    return Trust(client_certificate=certificate_of(kind), client_key=Secret(key_of(kind)), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", ["mtls", "mtls12"])
@pytest.mark.parametrize("mode", MODES)
def test_a_relay_that_wants_a_certificate_gets_it_or_says_why_not(mode: str, version: str) -> None:
    with Strict(mode, version) as relay:
        log_in_only(settings_for(relay, trust=shown("client")))
        for kind in ("client_elsewhere", "client_expired", "self_signed"):
            assert refusal_by(relay, shown(kind)) == ("client_cert_refused", "tls"), kind
        # TLS 1.2 has one word for this and for having nothing in common.
        code = "client_cert_required" if version == "mtls" else "tls_version"
        assert refusal_by(relay, Trust()) == (code, "tls")


def refusal_by(relay: Strict, trust: Trust) -> tuple[str, str | None]:
    with pytest.raises(TransportError) as refused:
        log_in_only(settings_for(relay, trust=trust))
    return refused.value.code, refused.value.phase


class Strict:
    """A relay that wants to be shown a certificate, and says in TLS what it thinks of it, as
    servers over OpenSSL do and asyncio does not."""

    def __init__(self, tls: str, version: str = "mtls") -> None:
        self.tls = tls
        self.context = server_context(f"good+{version}")
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]

    def __enter__(self) -> Strict:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                with suppress(OSError):
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        try:
            if self.tls == "implicit":
                connection = self.context.wrap_socket(connection, server_side=True)
            connection.sendall(b"220 strict.acme.test\r\n")
            while said := connection.recv(1000):
                offers = b"250-strict.acme.test\r\n250 STARTTLS\r\n"
                connection.sendall(offers if said.startswith(b"EHLO") else b"220 2.0.0 ok\r\n")
                if said.startswith(b"STARTTLS"):
                    connection = self.context.wrap_socket(connection, server_side=True)
        finally:
            connection.close()


def test_the_key_touches_no_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tls.tempfile, "mkstemp", forbidden)
    tls._context.cache_clear()
    client_context(shown("client"))


def test_where_there_is_no_memory_file_the_other_is_private_and_gone_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setattr(tls.tempfile, "tempdir", str(tmp_path))
    seen = []

    load = ssl.SSLContext.load_cert_chain

    def noting(context: ssl.SSLContext, certfile: str, **more: object) -> None:
        seen.append((Path(certfile).stat().st_mode & 0o777, Path(certfile).parent))
        load(context, certfile, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", noting)
    tls._context.cache_clear()
    client_context(shown("client"))
    assert seen == [(0o600, tmp_path)]
    assert list(tmp_path.iterdir()) == []
    tls._context.cache_clear()


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("a file was made")


def test_a_context_serves_the_same_trust_and_no_other() -> None:
    one, other = shown("client"), shown("client")
    assert client_context(one) is client_context(other)
    different = Trust(client_certificate=one.client_certificate, client_key=Secret(key_of("good")))
    with suppress(ssl.SSLError):  # this key is not the one of that certificate
        assert client_context(different) is not client_context(one)
    assert client_context(Trust(pins=("a",))) is not client_context(Trust())


def test_no_session_is_resumed_under_another_trust() -> None:
    """A resumed handshake shows no certificate, so it could carry an older trust along."""
    with Relay(tls="implicit") as relay:
        transport = SmtpTransport(settings_for(relay))
        transport.send(ENVELOPE, MESSAGE)
        with pytest.raises(TransportError) as refused:
            SmtpTransport(settings_for(relay, trust=Trust(pins=(pin_of("expired"),)))).send(
                ENVELOPE, MESSAGE
            )
        assert refused.value.code == "cert_pin"
        transport.close()
        assert relay.connections == 2


def test_no_key_is_told_by_what_holds_it() -> None:
    trust = shown("client")
    secret = key_of("client").splitlines()[1]
    assert secret not in repr(trust)
    with Strict("starttls") as relay:
        assert secret not in repr(settings_for(relay, trust=trust))
        with pytest.raises(TransportError) as refused:
            log_in_only(settings_for(relay, trust=shown("client_elsewhere")))
    assert refused.value.__cause__ is None
