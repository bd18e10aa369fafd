"""A mail configuration as a value: what was typed, what is stored and what is sent with alike."""

from __future__ import annotations

from dataclasses import dataclass

from app.crypto.secret import Secret
from app.mail.tls import TlsMode

IMPLICIT_PORTS = frozenset({465, 2465})
"""Ports on which TLS comes first: RFC 8314 section 7.3, and the second one that Amazon opens."""

DEFAULT_PORT = 587
DEFAULT_TIMEOUT = 10


@dataclass(frozen=True)
class Settings:
    """Everything about a configuration but its password. ``connection_timeout`` is in seconds.

    ``host`` is lower-case ASCII, or ``None`` when the provider derives it or needs none.
    """

    provider: str
    sender_address: str = ""
    sender_name: str = ""
    host: str | None = None
    port: int | None = None
    secure: bool = True
    username: str | None = None
    ignore_tls_errors: bool = False
    connection_timeout: int = DEFAULT_TIMEOUT
    region: str | None = None


@dataclass(frozen=True)
class PasswordChange:
    """What a form says about the password: keep the stored one, use this one, or remove it."""

    typed: Secret | None = None
    remove: bool = False

    @property
    def keeps(self) -> bool:
        return self.typed is None and not self.remove


KEEP = PasswordChange()


def tls_mode(provider: str, port: int | None, secure: bool) -> TlsMode:
    """The one place that decides how a connection is protected."""
    if provider == "console":
        return TlsMode.NONE
    if not secure:
        return TlsMode.NONE
    return TlsMode.IMPLICIT if port in IMPLICIT_PORTS else TlsMode.STARTTLS
