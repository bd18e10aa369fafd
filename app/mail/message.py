"""A message from its parts to bytes (RFC 5322, RFC 2045); only its sender may change afterwards.

Parts become header fields that can be read in one way alone; the header is then read again as a
mail program would, and must say what was meant.
"""

from __future__ import annotations

import base64
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.errors import NonASCIILocalPartDefect
from email.headerregistry import AddressHeader
from email.parser import Parser
from email.policy import default
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from app.mail.addresses import domain_of
from app.mail.content import content_of


@dataclass(frozen=True)
class MessageParts:
    """What a message says. Addresses are normalised ones; ``date`` is aware. ``content`` is what
    :func:`app.mail.content.content_of` makes of text and HTML, where that is at hand.

    ``message_id`` comes from :func:`new_message_id` and stays the same over every attempt, so
    that a relay or a reader can recognise a message that was delivered twice.
    """

    sender_address: str
    sender_name: str
    recipient: str
    subject: str
    message_id: str
    date: datetime
    text: str = ""
    html: str | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def new_message_id(sender_address: str) -> str:
    """A new ``<unique@domain>`` under the sender's domain."""
    return f"<{secrets.token_urlsafe(18)}@{domain_of(sender_address)}>"


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
    content = parts.content
    return header.encode() + (content_of(parts.text, parts.html) if content is None else content)


def _fields(parts: MessageParts) -> dict[str, str]:
    fields = {
        "Date": _date(parts.date, parts.date.utcoffset()),
        "From": _sender(one_line(parts.sender_name), parts.sender_address),
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


@lru_cache(maxsize=16)
def _date(moment: datetime, _offset: timedelta | None) -> str:
    """Many mails are written at the same moment. Equal ones may be said in different ways."""
    return format_datetime(moment)


_FROM = re.compile(rb"^From: .*\r\n(?:[ \t].*\r\n)*", re.MULTILINE)


def with_sender(message: bytes, *, name: str, address: str) -> bytes:
    """A message of :func:`app.mail.message.build` with another From field.

    :raises HeaderInjection: name or address cannot stand in a header.
    :raises ValueError: it has no From field, or more than one.
    """
    header, blank, body = message.partition(b"\r\n\r\n")
    field = f"From: {mailbox(one_line(name), address)}\r\n".encode()
    changed, count = _FROM.subn(lambda _: field, header + b"\r\n")
    if count != 1:
        raise ValueError("the message has no single From field")
    return changed.removesuffix(b"\r\n") + blank + body


_MAX_PLAIN = 64
"""Characters of a text that stays as it is; a longer one is folded as encoded words."""

_MAX_PLAIN_NAME = 160
"""The same for a name: some programs show a blank between encoded words in names, wrongly."""

_MAX_WORD_OCTETS = 45
"""Octets of UTF-8 in an encoded word, which makes 72 of the 75 characters of RFC 2047 section 2."""

_ATTACK = frozenset({"Cc", "Zl", "Zp", "Cs"})
"""Controls, line and paragraph separators, and halves of characters that cannot be encoded."""

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NOT_BARE = re.compile(r'[ \t<>()\[\],:;"\\]')
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")


class HeaderInjection(ValueError):
    """A header value holds a character that could end the line or cannot be written at all."""


def one_line(text: str) -> str:
    """``text`` with runs of blanks made one.

    :raises HeaderInjection: a control character or line separator is in it.
    """
    printable = text.isascii() and text.isprintable()
    if not printable and any(unicodedata.category(sign) in _ATTACK for sign in text):
        raise HeaderInjection("control character in a header value")
    return " ".join(text.split())


def unstructured(text: str) -> str:
    """A subject. Text that is not short plain ASCII, or looks encoded already, gets encoded."""
    if _is_plain(text):
        return text
    return _encoded_words(text)


def mailbox(name: str, address: str) -> str:
    """``name <address>`` (RFC 5322 section 3.4), or the bare address when there is no name."""
    _require_address(address)
    if not name:
        return address
    if not _is_plain(name, _MAX_PLAIN_NAME):
        return f"{_encoded_words(name)}\r\n <{address}>"
    if _ATOMS.fullmatch(name):
        return f"{name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


_sender = lru_cache(maxsize=16)(mailbox)
"""All mails of an install are from the same."""


def field_name(name: str) -> str:
    """The name of an additional header field.

    :raises HeaderInjection: it is none.
    """
    if not _FIELD_NAME.fullmatch(name):
        raise HeaderInjection("not a header field name")
    return name


def _is_plain(text: str, most: int = _MAX_PLAIN) -> bool:
    return len(text) <= most and text.isascii() and text.isprintable() and "=?" not in text


def _encoded_words(text: str) -> str:
    """Base64 encoded words (RFC 2047), whole characters in each, one per line."""
    chunks: list[bytearray] = [bytearray()]
    for character in text:
        octets = character.encode()
        if len(chunks[-1]) + len(octets) > _MAX_WORD_OCTETS:
            chunks.append(bytearray())
        chunks[-1] += octets
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks)


def _require_address(address: str) -> None:
    if address.count("@") != 1 or not address.isprintable() or _NOT_BARE.search(address):
        raise HeaderInjection("not a bare address")


_PARSER = Parser(policy=default)

_SPECIMEN = "somebody@example.test"

_PLAIN = re.compile(
    r"^(?:Date: [A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}"
    r"|To: (?P<to>[\w!#$%&'*+/=^`{|}~-]+(?:\.[\w!#$%&'*+/=^`{|}~-]+)*"
    r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)"
    r"|Message-ID: <[\w-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*>)\r$",
    re.MULTILINE | re.ASCII,
)
"""The three fields that differ from mail to mail, as RFC 5322 can be read in one way alone: a
``date-time`` in figures, an ``addr-spec`` of two dot-atoms, a ``msg-id``. No comment, no quoting,
no folding and, for want of a question mark, no encoded word fits. What does not look so is left to
the parser each time."""

HEADERS = 256
"""Headers that are remembered as read: what mails of one kind from one organization have in
common."""


def require_meaning(
    header: str,
    names: list[str],
    *,
    sender: tuple[str, str],
    recipient: str,
    subject: str,
) -> None:
    """Checks a header block with CRLF line ends.

    Encoders have been talked into writing header fields of an attacker's choice (CVE-2024-6923
    was one). Ours is meant not to be, and this is what notices if it is.

    Headers that differ in nothing but plain values of :data:`_PLAIN` are parsed once for all.

    :raises HeaderInjection: it holds other fields, addresses or another subject than was meant.
    """
    to: list[str] = []

    def stand_in(found: re.Match[str]) -> str:
        name = found[0].partition(":")[0]
        if found["to"] is None:
            return f"{name}: plain\r"
        to.append(found["to"])
        return f"{name}: {_SPECIMEN}\r"

    read = _read(_PLAIN.sub(stand_in, header))
    if (
        read.names != tuple(names)
        or read.defects
        or read.sender != ((_unspaced(sender[0]), sender[1]),)
        or read.recipient != (("", _SPECIMEN if to else recipient),)
        or to not in ([], [recipient])
        or read.subject != subject
    ):
        raise HeaderInjection("the header would say something else than was meant")


@dataclass(frozen=True)
class _Read:
    """What a header says to somebody who did not write it."""

    names: tuple[str, ...]
    defects: int
    sender: tuple[tuple[str, str], ...]
    recipient: tuple[tuple[str, str], ...]
    subject: str


@lru_cache(maxsize=HEADERS)
def _read(header: str) -> _Read:
    message = _PARSER.parsestr(header + "\r\n", headersonly=True)
    return _Read(
        names=tuple(message.keys()),
        defects=len(message.defects) + _defects(message["From"]) + _defects(message["To"]),
        sender=_mailboxes(message["From"]),
        recipient=_mailboxes(message["To"]),
        subject=str(message["Subject"]),
    )


def _mailboxes(field: AddressHeader | None) -> tuple[tuple[str, str], ...]:
    addresses = field.addresses if field is not None else ()
    return tuple((_unspaced(address.display_name), address.addr_spec) for address in addresses)


def _defects(field: Any) -> int:
    """What the parser passed over in a field of addresses. That a local part is not ASCII is none:
    it is as SMTPUTF8 writes it (RFC 6532 section 3.2)."""
    found = field.defects if field is not None else ()
    return sum(not isinstance(one, NonASCIILocalPartDefect) for one in found)


def _unspaced(name: str) -> str:
    """A name without its blanks: this parser adds one between two encoded words of a name."""
    return "".join(name.split())
