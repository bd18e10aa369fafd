"""What port and Secure switch mean together, in words."""

from __future__ import annotations

from collections.abc import Iterator

from app.mail.tls import TlsMode
from app.mailer.providers.base import Remark
from app.mailer.providers.hosts import is_local
from app.mailer.settings import IMPLICIT_PORTS, Settings, tls_mode


def in_words(mode: TlsMode, port: int | None) -> str:
    """How a connection will be protected."""
    return {
        TlsMode.IMPLICIT: f"TLS from the first byte on port {port}.",
        TlsMode.STARTTLS: f"STARTTLS on port {port}: encrypted before the login, or not at all.",
        TlsMode.NONE: f"No encryption on port {port}.",
    }[mode]


def protection_hints(settings: Settings) -> Iterator[Remark]:
    """Combinations that work rarely, or work and give something away."""
    mode = tls_mode(settings.provider, settings.port, settings.secure)
    if mode is TlsMode.NONE and settings.port in IMPLICIT_PORTS:
        yield Remark(
            "secure",
            f"Relays expect TLS from the first byte on port {settings.port}. With Secure off"
            " nothing will answer: switch it on, or use port 25 or 587.",
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
            " the password and every mail. Only for a test relay.",
        )
