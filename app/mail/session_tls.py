"""The TLS handshake, and telling from the first octet when the other side speaks no TLS."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from app.mail.session_deadline import Deadline
from app.mail.session_errors import Dropped

_RECORD_TYPES = frozenset({20, 21, 22, 23})
"""First octets of TLS records (RFC 8446 section 5.1)."""


_NO_RECORD = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
"""What OpenSSL calls octets that are no TLS record."""


class NotTls(ConnectionError):
    """The other side answered the ClientHello with something that is no TLS record.

    ``smtp`` tells whether it began like an SMTP reply, as a port for STARTTLS does.
    """

    def __init__(self, *, smtp: bool) -> None:
        super().__init__("not a TLS record")
        self.smtp = smtp


def handshake(
    connection: socket.socket, context: ssl.SSLContext, host: str, step: Deadline
) -> ssl.SSLSocket:
    """Performs the handshake on ``connection``, which is closed if that fails.

    :param host: name, or IP address, that the certificate must be for.
    :raises NotTls: no TLS is spoken there.
    :raises Dropped: the connection was closed or reset instead.
    :raises ssl.SSLCertVerificationError: the certificate was refused; ``verify_code`` says why.
    :raises OSError: it failed otherwise, or was not done in time.
    """
    secured = context.wrap_socket(
        connection, server_hostname=host.rstrip("."), do_handshake_on_connect=False
    )
    try:
        secured.settimeout(0)
        try:
            secured.do_handshake()
        except ssl.SSLWantReadError:
            _require_tls(secured, step)
            secured.settimeout(step.left())
            secured.do_handshake()
    except (ssl.SSLEOFError, ConnectionResetError, BrokenPipeError):
        secured.close()
        raise Dropped from None
    except OSError as error:
        secured.close()
        if getattr(error, "reason", None) in _NO_RECORD:  # it spoke before we could look
            raise NotTls(smtp=True) from None
        raise
    return secured


def _require_tls(secured: ssl.SSLSocket, step: Deadline) -> None:
    """Looks at the first octet of the answer to our ClientHello without taking it."""
    secured.settimeout(step.left())
    first = socket.socket.recv(secured, 1, socket.MSG_PEEK)  # the SSL method knows no flags
    if not first:
        raise Dropped
    if first[0] not in _RECORD_TYPES:
        raise NotTls(smtp=first in b"2345")


def client_hello() -> bytes:
    """The first octets of a handshake with nobody in particular, to see who answers them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):  # there is nobody to read from
        context.wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
    return outgoing.read()
