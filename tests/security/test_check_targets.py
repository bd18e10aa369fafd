"""What the connection check can be pointed at, and what such a place gets to hear."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.mail.smtp.connect import is_refused
from tests.mailer.pages import CHECKED, MailerPage
from tests.smtpd import Relay

MARKS = (b"marked-user", b"marked secret", b"marked@acme.test", b"alice@acme.test")


@pytest.fixture
def page(admin_client: FlaskClient) -> MailerPage:
    return MailerPage(admin_client)


def typed(host: str, port: int = 25, **changes: Any) -> dict[str, Any]:
    return {
        "provider": "smtp",
        "sender_address": "marked@acme.test",
        "host": host,
        "port": str(port),
        "secure": CHECKED,
        "username": "marked-user",
        "password": "marked secret",
        "connection_timeout": "1",
    } | changes


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "[fe80::1]", "fe80::1%eth0", "[fe80::1%25eth0]", "0.0.0.0", "0", "0.1.2.3",
     "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "[::]", "ff02::1",
     "::ffff:169.254.169.254", "[::ffff:a9fe:a9fe]", "::169.254.169.254", "64:ff9b::a9fe:a9fe",
     "64:ff9b:1::a9fe:a9fe", "::ffff:0:a9fe:a9fe", "2002:a9fe:a9fe::1", "fd00:ec2::254",
     "100.100.100.200", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
     "169。254。169。254", "１６９.254.169.254", "①⑥⑨.254.169.254", "169.254.169.254.",
     "169.254.169.254%00.acme.test", "http://169.254.169.254/"],
)  # fmt: skip
def test_no_spelling_of_a_forbidden_address_is_taken(page: MailerPage, host: str) -> None:
    for provider in ({"provider": "smtp"}, {"provider": "microsoft365"}):
        fields = typed(host) | provider | {"username": "marked@acme.test"}
        for answer in (page.check(**fields), page.save(**fields)):
            assert answer.status == 422, host
            assert answer.errors("host"), host
    ses = typed(host) | {"provider": "ses", "region": "eu-west-1"}
    assert page.save(**ses).errors("host")


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "0.0.0.0",
     "224.0.0.1", "fd00:ec2::254", "64:ff9b:1::a9fe:a9fe", "::ffff:0:a9fe:a9fe"],
)  # fmt: skip
def test_a_name_that_also_leads_there_only_leads_elsewhere(
    page: MailerPage, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several addresses the forbidden ones are never tried, in whatever order they come."""
    assert is_refused(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with Relay() as relay:
        bad = (family, socket.SOCK_STREAM, 6, "", (address, relay.port))
        good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", relay.port))
        tried: list[object] = []
        really = socket.socket.connect_ex

        def connect(self: socket.socket, target: Any) -> int:
            tried.append(target[0])
            return really(self, target)

        monkeypatch.setattr(socket.socket, "connect_ex", connect)
        for answers in ([bad, good], [good, bad], [bad, bad, good]):
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, a=answers, **__: a)
            plain = {"secure": None, "username": "", "password": ""}
            page.check(**typed("relay.acme.test", relay.port, **plain))
        assert set(tried) == {"127.0.0.1"}


def test_a_name_that_changes_between_two_looks_gains_nothing(
    page: MailerPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what is connected is the address that was checked, not the name again."""
    with Relay() as relay:
        looks: list[str] = []
        tried: list[str] = []
        really = socket.socket.connect_ex

        def resolve(*_: object, **__: object) -> list[object]:
            looks.append("127.0.0.1" if len(looks) % 2 == 0 else "169.254.169.254")
            place = (looks[-1], relay.port)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

        def connect(self: socket.socket, target: Any) -> int:
            tried.append(target[0])
            return really(self, target)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr(socket.socket, "connect_ex", connect)
        for _ in range(4):
            page.check(**typed("relay.acme.test", relay.port))
        assert len(looks) >= 4
        assert set(tried) <= {"127.0.0.1"}


class Eavesdropper:
    """A service that speaks no SMTP: says ``greeting`` if any, and keeps what it is told."""

    def __init__(self, greeting: bytes = b"", answer: bytes = b"") -> None:
        self.heard = b""
        self._greeting, self._answer = greeting, answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(3)
                try:
                    connection.sendall(self._greeting)
                    while octets := connection.recv(4096):
                        self.heard += octets
                        connection.sendall(self._answer)
                except OSError:
                    continue

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)


@pytest.fixture(params=["redis", "http", "banner", "mysql"])
def service(request: pytest.FixtureRequest) -> Iterator[Eavesdropper]:
    kinds = {
        "redis": (b"", b"-ERR unknown command\r\n"),
        "http": (b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        "banner": (b"hello, this is no relay\r\n", b""),
        "mysql": (b"J\x00\x00\x00\x0a8.0.36\x00", b""),
    }
    listening = Eavesdropper(*kinds[request.param])
    yield listening
    listening.close()


@pytest.mark.parametrize("secure", [CHECKED, None])
def test_a_service_that_is_no_relay_hears_no_command_and_nothing_that_was_typed(
    page: MailerPage, service: Eavesdropper, secure: str | None
) -> None:
    """Redis takes commands line by line: none of ours may reach it, least of all a typed one."""
    answer = page.check(**typed("127.0.0.1", service.port, secure=secure))
    assert len(answer.diagnoses) == 1
    for word in (b"EHLO", b"HELO", b"MAIL", b"AUTH", b"STARTTLS", b"RSET", *MARKS):
        assert word not in service.heard
    # A TLS handshake may be tried, to tell an administrator what listens there: it holds nothing
    # of what was typed, and begins with an octet that no line protocol takes for a command.
    assert service.heard in {b"", b"\r\n"} or service.heard[:2] == b"\x16\x03"


def test_the_page_tells_nothing_of_what_such_a_service_says(
    page: MailerPage, service: Eavesdropper
) -> None:
    answer = page.check(**typed("127.0.0.1", service.port, secure=None))
    for said in ("this is no relay", "unknown command", "8.0.36", "Bad Request"):
        assert said not in answer.text
