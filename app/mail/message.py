"""A message from its parts to bytes (RFC 5322, RFC 2045), made once and never changed."""

from __future__ import annotations

import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from app.mail.message_check import require_meaning
from app.mail.message_headers import HeaderInjection, field_name, mailbox, one_line, unstructured

_LONGEST_LINE = 998
"""Octets in a line of a 7-bit part (RFC 5322 section 2.1.1)."""


@dataclass(frozen=True)
class MessageParts:
    """What a message says. Addresses are normalised ones; ``date`` is aware.

    ``message_id`` comes from :func:`new_message_id` and stays the same over every attempt, so
    that a relay or a reader can recognise a message that was delivered twice.
    """

    sender_address: str
    sender_name: str
    recipient: str
    subject: str
    text: str
    html: str | None
    message_id: str
    date: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


def new_message_id(sender_address: str) -> str:
    """A new ``<unique@domain>`` under the sender's domain."""
    return f"<{secrets.token_urlsafe(18)}@{sender_address.rpartition('@')[2]}>"


def build(parts: MessageParts) -> bytes:
    """The message with CRLF line ends, 7-bit but for addresses that are not ASCII themselves.

    The header is parsed again before it is returned: it must hold the fields, addresses and
    subject that were meant, and nothing else.

    :raises HeaderInjection: a part cannot stand in a header.
    """
    fields = _fields(parts)
    header = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    require_meaning(
        header,
        list(fields),
        sender=(one_line(parts.sender_name), parts.sender_address),
        recipient=parts.recipient,
        subject=one_line(parts.subject),
    )
    return header.encode() + _content(parts.text, parts.html)


def _fields(parts: MessageParts) -> dict[str, str]:
    fields = {
        "Date": format_datetime(parts.date),
        "From": mailbox(one_line(parts.sender_name), parts.sender_address),
        "To": mailbox("", parts.recipient),
        "Subject": unstructured(one_line(parts.subject)),
        "Message-ID": one_line(parts.message_id),
        "MIME-Version": "1.0",
        "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's holiday notice should answer
        "X-Auto-Response-Suppress": "All",  # the same, as Exchange understands it
    }
    taken = {name.lower() for name in fields}
    for name, value in parts.headers.items():
        if name.lower() in taken or name.lower().startswith("content-"):
            raise HeaderInjection("this header field is not free")
        taken.add(name.lower())
        fields[field_name(name)] = unstructured(one_line(value))
    return fields


def _content(text: str, html: str | None) -> bytes:
    if html is None:
        return _part("plain", text)
    boundary = f"=_{secrets.token_hex(16)}".encode()
    return b"".join(
        (
            b'Content-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n',
            b"--" + boundary + b"\r\n",
            _part("plain", text),
            b"\r\n--" + boundary + b"\r\n",  # its line break is not part of the text before it
            _part("html", html),
            b"\r\n--" + boundary + b"--\r\n",
        )
    )


def _part(subtype: str, text: str) -> bytes:
    """A text part under the encoding that leaves it most readable."""
    octets = text.encode("utf-8", "replace")
    octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not octets.endswith(b"\n"):
        octets += b"\n"
    if _travels_as_is(octets):
        encoding, body = "7bit", octets
    else:
        encoding, body = "quoted-printable", binascii.b2a_qp(octets, istext=True)
    head = (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + body.replace(b"\n", b"\r\n")


def _travels_as_is(octets: bytes) -> bool:
    return (
        octets.isascii()
        and b"\0" not in octets
        and max(map(len, octets.split(b"\n"))) <= _LONGEST_LINE
    )
