"""A mail configuration as a value: what was typed, what is stored and what is sent with alike."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
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


def _called(label: str) -> dict[str, str]:
    return {"label": label}


@dataclass(frozen=True)
class Settings:
    """Everything about a configuration but its password. ``connection_timeout`` is in seconds.

    Whoever shows, copies or compares it goes by this list of fields and keeps none of its own.

    ``host`` is lower-case ASCII, or ``None`` when the provider derives it or needs none.
    ``encryption`` counts only while ``secure`` is on. ``ehlo_name`` is ``None`` where the name
    that relays are greeted with is derived (see :func:`app.mailer.active.ehlo_name`).
    """

    provider: str = field(metadata=_called("Provider"))
    sender_address: str = field(default="", metadata=_called("Sender address"))
    sender_name: str = field(default="", metadata=_called("Sender name"))
    host: str | None = field(default=None, metadata=_called("Host"))
    port: int | None = field(default=None, metadata=_called("Port"))
    secure: bool = field(default=True, metadata=_called("Secure (TLS)"))
    encryption: str = field(default=Encryption.AUTO.value, metadata=_called("Encryption"))
    username: str | None = field(default=None, metadata=_called("Username"))
    ignore_tls_errors: bool = field(default=False, metadata=_called("Ignore TLS errors"))
    connection_timeout: int = field(default=DEFAULT_TIMEOUT, metadata=_called("Connection timeout"))
    region: str | None = field(default=None, metadata=_called("Region"))
    ehlo_name: str | None = field(default=None, metadata=_called("Greeting name"))


LABELS = {part.name: part.metadata["label"] for part in fields(Settings)}
"""What the fields are called on pages."""
FIELDS = tuple(LABELS)
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
