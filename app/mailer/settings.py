"""A mail configuration as a value: what was typed, what is stored and what is sent with alike."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from app.crypto.secret import Secret
from app.mail.tls import TlsMode

IMPLICIT_PORTS = frozenset({465, 2465})
"""Ports on which TLS comes first: RFC 8314 section 7.3, and the second one that Amazon opens."""

DEFAULT_PORT = 587
DEFAULT_TIMEOUT = 10


class Encryption(StrEnum):
    """How a connection is encrypted where it is: as its port says, or as somebody chose."""

    AUTO = "auto"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True)
class Settings:
    """Everything about a configuration but its password. ``connection_timeout`` is in seconds.

    ``host`` is lower-case ASCII, or ``None`` when the provider derives it or needs none.
    ``encryption`` counts only while ``secure`` is on. ``ehlo_name`` is ``None`` where the name
    that relays are greeted with is derived (see :func:`app.mailer.active.ehlo_name`).
    """

    provider: str
    sender_address: str = ""
    sender_name: str = ""
    host: str | None = None
    port: int | None = None
    secure: bool = True
    encryption: str = Encryption.AUTO.value
    username: str | None = None
    ignore_tls_errors: bool = False
    connection_timeout: int = DEFAULT_TIMEOUT
    region: str | None = None
    ehlo_name: str | None = None


FIELDS = tuple(field.name for field in fields(Settings))
"""What is stored, audited and compared of a configuration, by the names of the form's fields."""


@dataclass(frozen=True)
class PasswordChange:
    """What a form says about the password: keep the stored one, use this one, or remove it."""

    typed: Secret | None = None
    remove: bool = False

    @property
    def keeps(self) -> bool:
        return self.typed is None and not self.remove


KEEP = PasswordChange()


def tls_mode(port: int | None, secure: bool, encryption: str = Encryption.AUTO) -> TlsMode:
    """The one place that decides how a connection is protected."""
    if not secure:
        return TlsMode.NONE
    if encryption == Encryption.AUTO:
        return TlsMode.IMPLICIT if port in IMPLICIT_PORTS else TlsMode.STARTTLS
    return TlsMode(encryption)
