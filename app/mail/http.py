"""One connection for one HTTP request to a place that somebody named, under one deadline.

urllib3's connection alone: no pool, no redirect, no second try, no proxy from the environment, no
cookie. The name is resolved once, every address of the answer is checked, and what was checked is
what is connected; the certificate is verified for the name.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from app.mail.smtp.connect import dial, resolve
from app.mail.smtp.wire import Deadline
from app.mail.tls import client_context

Allowed = Callable[[str], bool]
"""Whether an IP address may be connected, beside those that never may."""


class ForbiddenTarget(Exception):
    """The name leads to an address that whoever asked may not reach. Nothing was connected."""


def _any(_ip: str) -> bool:
    return True


class _Guarded:
    """Connects through our own resolver and dialler: bounded, and guarded like a relay.

    A byte a second would keep every single read happy: at the deadline the line is cut.
    """

    deadline: Deadline
    allowed: Allowed = staticmethod(_any)
    _line: socket.socket | None = None
    _cut: socket.socket | None = None
    _guard: threading.Timer | None = None

    def _new_conn(self) -> socket.socket:
        assert isinstance(self, HTTPConnection)
        targets = resolve(self.host, self.port or self.default_port, self.deadline)
        if not all(self.allowed(target.ip) for target in targets):
            raise ForbiddenTarget
        self._line, _ = dial(targets, self.deadline)
        self._line.settimeout(self.deadline.left())
        # TLS takes the descriptor over from the socket it begins on; this one stays ours.
        self._cut = self._line.dup()
        self._guard = threading.Timer(self.deadline.left(), _hang_up, (self._cut,))
        self._guard.daemon = True
        self._guard.start()
        return self._line

    def let_go(self) -> None:
        """Closes what a connection that failed half-way leaves behind."""
        if self._guard is not None:
            self._guard.cancel()
        if self._cut is not None:
            self._cut.close()
        if self._line is not None:
            self._line.close()


class PlainLine(_Guarded, HTTPConnection):
    """Without TLS: for loopback, and where an operator allows it."""


class EncryptedLine(_Guarded, HTTPSConnection):
    """TLS 1.2 or newer."""


def line_to(
    url: str,
    deadline: Deadline,
    *,
    context: ssl.SSLContext | None = None,
    allowed: Allowed = _any,
) -> PlainLine | EncryptedLine:
    """A connection to the host of ``url``, not yet opened. Close it, then :meth:`let_go`.

    Opening raises :class:`ForbiddenTarget` when one address of the name is not ``allowed``,
    :class:`~app.mail.transport.TransportError` when all are such that nothing ever goes there.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    line: PlainLine | EncryptedLine
    if parts.scheme == "https":
        chosen = context or client_context()
        chosen.minimum_version = ssl.TLSVersion.TLSv1_2
        line = EncryptedLine(host, parts.port or 443, ssl_context=chosen)
    else:
        # Never without a port: the end of an IPv6 address would be taken for one.
        line = PlainLine(host, parts.port or 80)
    line.deadline = deadline
    line.allowed = allowed
    return line


def body_of(response: BaseHTTPResponse, most: int) -> bytes:
    """The first ``most`` octets. A chunk of a negative length is no HTTP, as all other nonsense."""
    try:
        return response.read(most, decode_content=False)
    except ValueError:
        raise HTTPException from None


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):  # it may have ended a moment ago
        line.shutdown(socket.SHUT_RDWR)
