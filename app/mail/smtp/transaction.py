"""What a message says on its way: the MAIL and RCPT commands, and its octets after DATA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.transport import Envelope, TransportError


@dataclass(frozen=True)
class Told:
    """A message whose envelope is said behind the dot of the one before, by ``commands``.

    ``content`` is what it was told with, ``message`` the same with CRLF line ends.
    """

    message_id: str
    envelope: Envelope
    content: bytes = field(repr=False)
    message: bytes = field(repr=False)
    commands: tuple[str, str, str]


def sendable(message: bytes) -> bytes:
    """The message with CRLF line ends.

    :raises TransportError: no relay has to take it.
    """
    try:
        return with_crlf(message)
    except UnsendableBody:
        raise TransportError(FailureCode.CONTENT_REJECTED, Phase.DATA) from None


def mail_command(
    envelope: Envelope, size: int, offers: Mapping[str, str], *, eight_bit: bool = False
) -> str:
    """MAIL with SIZE (RFC 1870), BODY (RFC 6152) and SMTPUTF8 (RFC 6531) where they apply.

    :param size: octets of the message with CRLF line ends, before dots are stuffed.
    :raises TransportError: the relay says beforehand that it cannot take this.
    """
    international = not (envelope.mail_from.isascii() and envelope.rcpt_to.isascii())
    if not _is_safe(envelope.mail_from) or (
        not envelope.mail_from.isascii() and "SMTPUTF8" not in offers
    ):
        raise TransportError(FailureCode.SENDER_REJECTED, Phase.MAIL_FROM)
    command = f"MAIL FROM:<{envelope.mail_from}>"
    if "SIZE" in offers:
        limit = offers["SIZE"]
        if limit.isdecimal() and 0 < int(limit[:20]) < size:
            raise TransportError(FailureCode.MESSAGE_TOO_LARGE, Phase.MAIL_FROM)
        command += f" SIZE={size}"
    if eight_bit:
        if "8BITMIME" not in offers:
            rcpt_command(envelope, offers)  # an address that cannot be carried is what to tell
            raise TransportError(FailureCode.CONTENT_REJECTED, Phase.MAIL_FROM)
        command += " BODY=8BITMIME"
    if international and "SMTPUTF8" in offers:
        command += " SMTPUTF8"
    return command


def rcpt_command(envelope: Envelope, offers: Mapping[str, str]) -> str:
    """RCPT, if the relay can carry the address.

    :raises TransportError: it cannot: the address needs SMTPUTF8, or is none at all.
    """
    address = envelope.rcpt_to
    if not _is_safe(address) or (not address.isascii() and "SMTPUTF8" not in offers):
        raise TransportError(FailureCode.ADDRESS_INVALID, Phase.RCPT_TO)
    return f"RCPT TO:<{address}>"


def _is_safe(address: str) -> bool:
    """Whether the address stays within its angle brackets and its line."""
    return "@" in address and address.isprintable() and not set(address) & set(' <>"\\')


MAX_TEXT_LINE = 998
"""Octets in a line without its CRLF (RFC 5321 section 4.5.3.1.6)."""


class UnsendableBody(ValueError):
    """A line is too long, or a NUL is in it: no relay has to take such a message."""


def with_crlf(message: bytes) -> bytes:
    """The message with CRLF as its only line end, and with one at its end.

    A lone CR or LF, which servers disagree about, becomes a plain line end: nobody can be made
    to see another end of the message than we do.

    :raises UnsendableBody: it cannot be sent.
    """
    # Lines of octets end in CR, LF or both, and in nothing else.
    message = b"\r\n".join([*message.splitlines(), b""]) or b"\r\n"
    if b"\0" in message or _has_a_long_line(message):
        raise UnsendableBody
    return message


def _has_a_long_line(message: bytes) -> bool:
    """From line end to line end, as far apart as they may be: a look for each 1000 octets, not
    for each line."""
    begin, longest = 0, MAX_TEXT_LINE + len(b"\r\n")
    while len(message) - begin > longest:
        end = message.rfind(b"\n", begin, begin + longest)
        if end < 0:
            return True
        begin = end + 1
    return False


def dot_stuffed(message: bytes) -> bytes:
    """A message with CRLF line ends, a dot put before each line that begins with one.

    RFC 5321 section 4.5.2. The final dot is not part of it.
    """
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
