"""What port, Secure switch and chosen encryption mean together, in words."""

from __future__ import annotations

from collections.abc import Iterator

from app.mail.tls import TlsMode
from app.mailer.providers.base import Remark
from app.mailer.providers.hosts import is_local
from app.mailer.settings import IMPLICIT_PORTS, Encryption, Settings, tls_mode

USUAL_PORTS = frozenset({25, 465, 587, 2465, 2525, 2587})
"""Ports on which nearly every relay does the same."""


def protection_hints(settings: Settings) -> Iterator[Remark]:
    """Combinations that work rarely, or work and give something away."""
    mode = tls_mode(settings.port, settings.secure, settings.encryption)
    by_port = tls_mode(settings.port, settings.secure)
    if not settings.secure and settings.encryption != Encryption.AUTO:
        yield Remark(
            "encryption",
            "Secure is off, so nothing is encrypted whatever is chosen here. Switch it on.",
        )
    elif mode is not by_port and settings.port in USUAL_PORTS:
        yield Remark(
            "encryption",
            f"Relays usually do otherwise on port {settings.port}. If the check ends in silence,"
            " choose “As the port says”.",
        )
    if mode is TlsMode.NONE and settings.port in IMPLICIT_PORTS:
        yield Remark(
            "secure",
            f"Relays expect TLS from the start on port {settings.port}. With Secure off nothing"
            " will answer: switch it on, or use port 25 or 587.",
        )
    elif mode is TlsMode.NONE and settings.username:
        yield Remark(
            "secure",
            "User name and password will cross the network readable by anybody on the way."
            + (
                ""
                if is_local(settings.host or "")
                else " This relay is outside your network: switch Secure on."
            ),
        )
    elif mode is TlsMode.NONE and not is_local(settings.host or ""):
        yield Remark(
            "secure",
            "Mail, with its reset links and codes, will cross the network readable by anybody.",
        )
    if mode is TlsMode.STARTTLS and settings.port == 25:
        yield Remark(
            "port",
            "Port 25 is for mail between servers and is often blocked. Submission is on 587.",
        )
    if mode is not TlsMode.NONE and settings.ignore_tls_errors:
        yield Remark(
            "ignore_tls_errors",
            "Certificates are not checked: whoever sits between Novantra and the relay can read"
            " the password and every mail. Switch it off and check the connection: the result shows"
            " the certificate, and trusts that one alone if you say so.",
        )
