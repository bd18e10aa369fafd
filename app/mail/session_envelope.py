"""The MAIL and RCPT commands, with the extensions that a message needs and a relay offers."""

from __future__ import annotations

from collections.abc import Mapping

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.transports.base import Envelope, TransportError


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
