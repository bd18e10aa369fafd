"""Resolving and connecting: in time, and only to where a relay may be."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.smtp.connect import Target, dial, is_public, is_refused, resolve
from app.mail.smtp.transport import SmtpTransport
from app.mail.smtp.wire import Deadline
from app.mail.tls import TlsMode
from app.mail.transport import RelaySettings, TransportError
from tests.mail.relays import ENVELOPE, MESSAGE
from tests.smtpd import Relay


def answer(monkeypatch: pytest.MonkeyPatch, *addresses: str, port: int = 25) -> None:
    """Makes every name resolve to ``addresses``."""

    def getaddrinfo(host: str, port_: int, **options: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (ip, port_, 0, 0))
            if ":" in ip
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port_))
            for ip in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def refuse(host: str, *, port: int = 25, timeout: float = 0.5) -> TransportError:
    settings = RelaySettings(
        "smtp", host, port, TlsMode.NONE, None, None, "app.test", True, timeout
    )
    with pytest.raises(TransportError) as raised:
        SmtpTransport(settings, total=2).send(ENVELOPE, MESSAGE)
    return raised.value


@contextmanager
def black_holes(count: int) -> Iterator[list[Target]]:
    """Addresses that take a connection attempt and never answer it."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("0.0.0.0", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(2):  # fills the queue; from here on SYNs are dropped
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        yield [
            Target(socket.AF_INET, f"127.0.1.{n}", (f"127.0.1.{n}", port))
            for n in range(1, count + 1)
        ]


@pytest.mark.parametrize(
    "ip",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "ff02::1",
        "::ffff:169.254.169.254",
        "::ffff:0.0.0.0",
        "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        # Metadata of clouds outside the link-local ranges
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "fd00:a9fe:a9fe::1",
        "fd00:42::42",
        "fd00:100::100:200",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        # Retired, and wrapped in every way there is
        "fec0::1",
        "feff:ffff::1",
        "::ffff:168.63.129.16",
        "::192.0.0.192",
        "::ffff:0:100.100.100.200",
        "64:ff9b::168.63.129.16",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:a9fe:a9:fe00::",
        "64:ff9b:1:12a9:fe:a9fe::",
        "64:ff9b:1:1234:a9:fea9:fe00:0",
        "64:ff9b:1:abcd::169.254.169.254",
        "64:ff9b:1::",
        "2002:a83f:8110::1",
        "2001:0:a9fe:a9fe::1",
        "2001:0:c633:6407::5601:5601",
        "fe80::5efe:10.0.0.1",
        "2001:db8::5efe:169.254.169.254",
        "2001:db8::200:5efe:169.254.169.254",
        "fd12:3456::5efe:168.63.129.16",
        "2001:db8::300:5efe:a9fe:a9fe",
    ],
)
def test_no_relay_lives_at(ip: str) -> None:
    assert is_refused(ip)


@pytest.mark.parametrize(
    "ip",
    ["127.0.0.1", "::1", "10.0.0.25", "172.16.3.4", "192.168.1.1", "fd12:3456::1", "198.51.100.7",
     "2001:db8::25", "::ffff:10.0.0.1", "100.64.0.1", "::ffff:127.0.0.1", "192.0.0.193",
     "168.63.129.17", "fd20:ce::253", "fd00:42::43", "fd00:100::100:201", "64:ff9b::10.0.0.25",
     "64:ff9b:1::10.0.0.25", "64:ff9b:1:a00:0:1900::", "64:ff9b:1:7:a:1:203::",
     "2001:db8::5efe:10.0.0.25", "2002:c633:6407::25", "2001:db8:5efe::a9fe:a9fe"],
)  # fmt: skip
def test_a_relay_may_live_at(ip: str) -> None:
    assert not is_refused(ip)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "2852039166", "0xa9fea9fe", "0.0.0.0", "[::]".strip("[]"), "0"]
)
def test_a_forbidden_address_is_refused_however_it_is_written(host: str) -> None:
    error = refuse(host)
    assert error.failure.refused_target
    assert (error.code, error.phase) == (FailureCode.NETWORK_UNREACHABLE, Phase.CONNECT)


def test_a_name_that_resolves_to_a_forbidden_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, "169.254.169.254", "fe80::1", "::ffff:169.254.169.254")
    assert refuse("relay.example.test").failure.refused_target


def test_the_checked_address_is_the_one_that_is_connected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookups: list[str] = []
    genuine = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, **options: int) -> object:
        lookups.append(host)
        return genuine("127.0.0.1", port, **options)

    with Relay() as relay:
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        settings = RelaySettings(
            "smtp", "rebinding.test", relay.port, TlsMode.NONE, None, None, "app.test"
        )
        with closing(SmtpTransport(settings)) as transport:
            receipt = transport.send(ENVELOPE, MESSAGE)
    assert receipt.server == "127.0.0.1"
    assert lookups == ["rebinding.test"]


def test_only_allowed_addresses_of_a_mixed_answer_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, "169.254.169.254", "127.0.0.1")
    assert [target.ip for target in resolve("relay.test", 25, Deadline(1))] == ["127.0.0.1"]


def test_families_take_turns_and_nothing_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "::1", "2001:db8::1", "127.0.0.1", "127.0.0.2", "::1", "127.0.0.3")
    assert [target.ip for target in resolve("relay.test", 25, Deadline(1))] == [
        "::1",
        "127.0.0.1",
        "2001:db8::1",
        "127.0.0.2",
        "127.0.0.3",
    ]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (socket.EAI_NONAME, FailureCode.DNS_NOT_FOUND),
        (socket.EAI_AGAIN, FailureCode.DNS_TEMPORARY),
    ],
)
def test_a_name_that_does_not_resolve_has_its_own_code(
    monkeypatch: pytest.MonkeyPatch, number: int, code: FailureCode
) -> None:
    def getaddrinfo(*_: object, **__: object) -> object:
        raise socket.gaierror(number, "no")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = refuse("relay.test")
    assert (error.code, error.phase) == (code, Phase.DNS)


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".test", "bü..cher.test", "ü" * 70 + ".test"])
def test_a_host_that_is_no_name_is_not_found(host: str) -> None:
    error = refuse(host)
    assert (error.code, error.phase) == (FailureCode.DNS_NOT_FOUND, Phase.DNS)


def test_a_resolver_that_hangs_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> object:
        released.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    began = time.monotonic()
    error = refuse("relay.test", timeout=0.3)
    released.set()
    assert (error.code, error.phase) == (FailureCode.DNS_TEMPORARY, Phase.DNS)
    assert time.monotonic() - began < 1


@pytest.mark.timing
def test_many_dead_addresses_end_with_the_deadline() -> None:
    with black_holes(40) as targets:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            dial(targets, Deadline(0.6))
        assert 0.5 < time.monotonic() - began < 1.2


def test_a_living_address_behind_dead_ones_is_found_in_time() -> None:
    with black_holes(5) as dead, socket.create_server(("127.0.0.1", 0)) as living:
        port = living.getsockname()[1]
        alive = Target(socket.AF_INET, "127.0.0.1", ("127.0.0.1", port))
        connection, target = dial([*dead, alive], Deadline(3))
        connection.close()
    assert target == alive


@pytest.mark.timing
def test_a_refused_address_does_not_delay_the_next() -> None:
    with socket.socket() as closed, socket.create_server(("127.0.0.1", 0)) as living:
        closed.bind(("127.0.0.1", 0))
        dead = Target(socket.AF_INET, "127.0.0.1", closed.getsockname())
        alive = Target(socket.AF_INET, "127.0.0.1", living.getsockname())
        began = time.monotonic()
        connection, target = dial([dead, alive], Deadline(3))
        connection.close()
        assert time.monotonic() - began < 0.2
    assert target == alive


def test_a_relay_on_ipv6_is_reached() -> None:
    with Relay(host="::1") as relay:
        settings = RelaySettings("smtp", "::1", relay.port, TlsMode.NONE, None, None, "app.test")
        with closing(SmtpTransport(settings)) as transport:
            assert transport.send(ENVELOPE, MESSAGE).server == "::1"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("::", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::93.184.216.34", True),
        ("2002:0a00:0001::1", False),
    ],
)
def test_an_address_is_public_only_with_everything_that_it_wraps(
    address: str, public: bool
) -> None:
    assert is_public(address) is public
