"""What must be right about the certificate of a relay, beyond what the handshake has looked at."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509

from app.mail.trust.described import is_self_signed
from app.mail.trust.pins import pin_of
from app.mail.trust.policy import Trust


class Doubt(StrEnum):
    """What is wrong."""

    ANOTHER_KEY = "another key"
    NOT_ITS_OWN = "not its own"
    """An authority vouches for it, and none is trusted here."""
    OUT_OF_DATE = "out of date"


class Untrusted(ConnectionError):
    """The relay is not the one that was meant. Nothing has been said to it yet."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt.value)
        self.doubt = doubt


def confirm(secured: ssl.SSLSocket, trust: Trust) -> None:
    """Compares the key of the other side with those that are pinned.

    Where a pin stands in place of any authority the handshake has looked at nothing. A relay that
    vouches for itself is told by its key, whatever names it gives itself; one that an authority
    vouches for is for that authority to tell, so it is not taken.

    :raises Untrusted: it has another key, or what the pin stands for is not right.
    """
    if not trust.verify or not trust.pins:
        return
    der = secured.getpeercert(binary_form=True)  # the other form is empty where nothing is checked
    try:
        certificate = x509.load_der_x509_certificate(der or b"")
    except ValueError:
        raise Untrusted(Doubt.ANOTHER_KEY) from None
    if pin_of(certificate) not in trust.pins:
        raise Untrusted(Doubt.ANOTHER_KEY)
    if not trust.by_pin_alone:
        return
    if not is_self_signed(certificate):
        raise Untrusted(Doubt.NOT_ITS_OWN)
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Untrusted(Doubt.OUT_OF_DATE)
