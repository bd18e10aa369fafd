"""From a host name to a TCP connection: look it up, leave out what no relay has, dial the rest."""

from __future__ import annotations

import errno
import os
import queue
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import idna

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.smtp.wire import Deadline
from app.mail.transport import TransportError

HEAD_START = 0.25
"""Seconds that an address gets before the next one is tried beside it (RFC 8305 section 5)."""

_TELLING = (ConnectionRefusedError, TimeoutError)
"""Of several different failures the first of these says most; "no route" is often just IPv6."""


def dial(targets: list[Target], deadline: Deadline) -> tuple[socket.socket, Target]:
    """Connects to one of ``targets``, which are tried in their order with overlapping starts.

    :raises OSError: none could be reached in time; the most telling error of all attempts.
    """
    if not targets:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    head_start = min(HEAD_START, deadline.left() / (2 * len(targets)))
    waiting = list(targets)
    errors: list[OSError] = []
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or selector.get_map():
                if waiting:
                    _begin(waiting.pop(0), selector, errors)
                if winner := _first_connected(selector, errors, deadline, head_start, waiting):
                    return winner
        except TimeoutError as error:
            errors.append(error)
        finally:
            for key in list(selector.get_map().values()):
                _close(key)
    raise _most_telling(errors)


def _begin(target: Target, selector: selectors.BaseSelector, errors: list[OSError]) -> None:
    try:
        connection = socket.socket(target.family, socket.SOCK_STREAM)
    except OSError as error:  # this system does not speak the family at all
        errors.append(error)
        return
    connection.setblocking(False)
    try:
        status = connection.connect_ex(target.address)
    except OSError as error:
        connection.close()
        errors.append(error)
        return
    if status not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
        connection.close()
        errors.append(OSError(status, os.strerror(status)))
        return
    selector.register(connection, selectors.EVENT_WRITE, target)


def _first_connected(
    selector: selectors.BaseSelector,
    errors: list[OSError],
    deadline: Deadline,
    head_start: float,
    waiting: list[Target],
) -> tuple[socket.socket, Target] | None:
    """Waits until an attempt succeeds, fails, or has had its head start."""
    give_up = time.monotonic() + head_start
    while selector.get_map():
        wait = deadline.left()
        if waiting:
            wait = min(wait, give_up - time.monotonic())
            if wait <= 0:
                return None
        failed = False
        for key, _ in selector.select(wait):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            status = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if status == 0:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.unregister(connection)  # until here it is closed if anything fails
                return connection, key.data
            selector.unregister(connection)
            connection.close()
            errors.append(OSError(status, os.strerror(status)))
            failed = True
        if failed and waiting:
            return None
    return None


def _close(key: selectors.SelectorKey) -> None:
    assert isinstance(key.fileobj, socket.socket)
    key.fileobj.close()


def _most_telling(errors: list[OSError]) -> OSError:
    for kind in _TELLING:
        for error in errors:
            if isinstance(error, kind):
                return error
    return errors[0] if errors else TimeoutError()


@dataclass(frozen=True)
class Target:
    """An address that has been checked. It, not the name, is what gets connected."""

    family: int
    ip: str
    address: tuple[object, ...]


def resolve(host: str, port: int, deadline: Deadline) -> list[Target]:
    """The addresses of ``host``, IPv6 and IPv4 in turns as RFC 8305 section 4 asks.

    :raises TransportError: with ``refused_target`` when every address is one that we refuse.
    :raises OSError: the name does not resolve, or not in time.
    """
    found = _look_up(ascii_host(host), port, deadline)
    unique = list({target.ip: target for target in found}.values())
    allowed = [target for target in unique if not is_refused(target.ip)]
    if unique and not allowed:
        raise TransportError(FailureCode.NETWORK_UNREACHABLE, Phase.CONNECT, refused_target=True)
    return _interleaved(allowed)


def _look_up(host: str, port: int, deadline: Deadline) -> list[Target]:
    """``getaddrinfo`` knows no time limit, so it runs in a thread that may be left behind."""
    answers: queue.SimpleQueue[list[Target] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(
                [
                    Target(family, str(address[0]), address)
                    for family, _, _, _, address in socket.getaddrinfo(
                        host, port, type=socket.SOCK_STREAM
                    )
                    if family in (socket.AF_INET, socket.AF_INET6)
                ]
            )
        except OSError as error:
            answers.put(error)
        except UnicodeError:  # the name has an empty or overlong label
            answers.put(socket.gaierror(socket.EAI_NONAME, "not a host name"))

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def ascii_host(host: str) -> str:
    """An international name as IDNA 2008 writes it; any other as it stands."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from None


def _interleaved(targets: list[Target]) -> list[Target]:
    """Alternates families, beginning with the one that the system puts first."""
    if not targets:
        return []
    first = [target for target in targets if target.family == targets[0].family]
    second = [target for target in targets if target.family != targets[0].family]
    mixed: list[Target] = []
    for index in range(max(len(first), len(second))):
        mixed += first[index : index + 1] + second[index : index + 1]
    return mixed


_THIS_NETWORK = IPv4Network("0.0.0.0/8")

_REFUSED: tuple[tuple[str, str], ...] = (
    # No relay lives there, on any network.
    (str(_THIS_NETWORK), "systems take it for themselves: RFC 1122 section 3.2.1.3"),
    ("169.254.0.0/16", "link-local, where most clouds serve metadata: RFC 3927"),
    ("224.0.0.0/4", "multicast: RFC 5771"),
    ("240.0.0.0/4", "reserved, and the broadcast address at its end: RFC 1112 section 4"),
    ("::/128", "unspecified: RFC 4291 section 2.5.2"),
    ("fe80::/10", "link-local: RFC 4291 section 2.5.6"),
    ("fec0::/10", "site-local, retired: RFC 3879"),
    ("ff00::/8", "multicast: RFC 4291 section 2.7"),
    # Metadata and credential services of clouds outside the link-local ranges, as the vendors
    # document them; the IPv6 ones of Oracle, Linode, Scaleway and Alibaba as public code has them.
    ("100.100.100.200/32", "Alibaba Cloud: ECS, instance metadata"),
    ("fd00:100::100:200/128", "Alibaba Cloud: ECS, instance metadata over IPv6"),
    ("168.63.129.16/32", "Microsoft Azure: what is IP address 168.63.129.16 (wire server)"),
    ("192.0.0.192/32", "Oracle Cloud Classic: instance metadata"),
    ("fd00:c1::a9fe:a9fe/128", "Oracle Cloud Infrastructure: instance metadata over IPv6"),
    ("fd00:ec2::/32", "Amazon: metadata ::254, EKS pod identity ::23, and their neighbours"),
    ("fd20:ce::254/128", "Google Cloud: metadata server of instances with IPv6 alone"),
    ("fd00:a9fe:a9fe::/64", "Akamai (Linode): metadata service ::1"),
    ("fd00:42::42/128", "Scaleway: instance metadata over IPv6"),
)
_REFUSED_V4 = tuple(IPv4Network(network) for network, _ in _REFUSED if ":" not in network)
_REFUSED_V6 = tuple(IPv6Network(network) for network, _ in _REFUSED if ":" in network)

_ENDING_IN_V4 = (
    IPv6Network("::ffff:0:0/96"),  # mapped (RFC 4291 section 2.5.5.2)
    IPv6Network("::/96"),  # compatible, retired (RFC 4291 section 2.5.5.1)
    IPv6Network("::ffff:0:0:0/96"),  # for translators without state (RFC 2765)
    IPv6Network("64:ff9b::/96"),  # what a gateway turns into IPv4 (RFC 6052 section 2.1)
)
"""IPv6 addresses that stand for the IPv4 address in their last 32 bits."""

_LOCAL_GATEWAYS = IPv6Network("64:ff9b:1::/48")
"""Gateways to IPv4 of one's own (RFC 8215): any prefix length of RFC 6052 may be in use."""

_SIX_TO_FOUR = IPv6Network("2002::/16")  # RFC 3056 section 2
_TEREDO = IPv6Network("2001::/32")  # RFC 4380 section 4

_ISATAP = 0x0000_5EFE
"""Begins an interface identifier that ends in IPv4 (RFC 5214 section 6.1)."""

_UNIVERSAL_AND_GROUP = 0x0300_0000


def is_refused(address: str) -> bool:
    """Whether no mail may go to this IP address, because no relay lives there.

    Also when an IPv6 address merely wraps one that is refused. Loopback and private ranges are
    allowed: relays live there, and VPC endpoints of Amazon SES too.
    """
    target = ip_address(address.partition("%")[0])
    if isinstance(target, IPv4Address):
        return _is_refused_v4(target)
    if any(target in network for network in _REFUSED_V6):
        return True
    return not target.is_loopback and any(map(_is_refused_v4, _wrapped(target)))


def is_public(address: str) -> bool:
    """Whether this IP address is one of the internet at large: no loopback, no private range.

    Also told of an IPv6 address that wraps IPv4: then both must be.
    """
    target = ip_address(address.partition("%")[0])
    if not target.is_global or target.is_multicast:
        return False
    if isinstance(target, IPv4Address):
        return True
    return all(wrapped.is_global for wrapped in _wrapped(target))


def _is_refused_v4(address: IPv4Address) -> bool:
    return any(address in network for network in _REFUSED_V4)


def _wrapped(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that this one may lead to."""
    if any(address in network for network in _ENDING_IN_V4):
        yield IPv4Address(address.packed[-4:])
    elif address in _LOCAL_GATEWAYS:
        yield from _behind_a_local_gateway(address.packed)
    elif address in _SIX_TO_FOUR:
        yield IPv4Address(address.packed[2:6])
    elif address in _TEREDO:
        yield IPv4Address(address.packed[4:8])  # the server
        yield IPv4Address(bytes(octet ^ 0xFF for octet in address.packed[-4:]))  # the client
    identifier = int.from_bytes(address.packed[8:12]) & ~_UNIVERSAL_AND_GROUP
    if identifier == _ISATAP:
        yield IPv4Address(address.packed[-4:])


def _behind_a_local_gateway(octets: bytes) -> Iterator[IPv4Address]:
    """Every reading of RFC 6052 section 2.2 that the zeros it asks for allow.

    The length of the prefix cannot be seen, so a refused address in any of them counts, except
    that 0.0.0.0/8 counts only when there is no other: the zeros of another reading look like it.
    """
    readings = [IPv4Address(octets[12:])]
    if octets[8] == 0:
        for places in ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12)):  # lengths 48, 56, 64
            if not any(octets[places[-1] + 1 :]):
                readings.append(IPv4Address(bytes(octets[place] for place in places)))
    others = [reading for reading in readings if reading not in _THIS_NETWORK]
    yield from others or readings
