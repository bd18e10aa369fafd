"""What a server may be that says nothing when it is its turn."""

from __future__ import annotations

from app.mail.failures import FailureCode
from app.mail.smtp.wire import Wire, client_hello

PROBE_PATIENCE = 1.0
"""Seconds that a silent server gets to answer something that is not SMTP."""

_HANDSHAKE = (22, 21)
"""A TLS server answers a ClientHello with a handshake record or an alert (RFC 8446 section 5.1)."""


def what_is_silent(wire: Wire) -> FailureCode:
    """Speaks TLS to a server from which no greeting came, and judges by what comes back.

    A TLS server was waiting for just that: its port is for TLS on connect. A web server was
    waiting for its client too, and complains in its own words. Both look like a dead relay to a
    client that only listens. Two empty lines end the ClientHello, as web servers read lines.
    """
    if not wire.heard_nothing:  # it speaks, but too slowly
        return FailureCode.CONNECT_TIMEOUT
    answer = wire.first_answer_to(client_hello() + b"\r\n\r\n", min(PROBE_PATIENCE, wire.timeout))
    if not answer or answer[:1] in b"2345":  # still silent, or SMTP after all, but too late
        return FailureCode.CONNECT_TIMEOUT
    if answer[0] in _HANDSHAKE and answer[1:2] == b"\x03":
        return FailureCode.TLS_MODE_MISMATCH
    return FailureCode.PROTOCOL_ERROR
