"""From a host name to the addresses that may be tried, in the order to try them."""

from __future__ import annotations

import queue
import socket
import threading
from dataclasses import dataclass

import idna

from app.mail.connect_targets import is_refused
from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.session_deadline import Deadline
from app.mail.transports.base import TransportError


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
