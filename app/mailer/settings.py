"""A mail configuration as a value: what was typed, what is stored and what is sent with alike."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum

from app.crypto.secret import Secret
from app.mail.tls import TlsMode
from app.mail.trust import Authorities

IMPLICIT_PORTS = frozenset({465, 2465})
"""Ports on which TLS comes first: RFC 8314 section 7.3, and the second one that Amazon opens."""

DEFAULT_PORT = 587
DEFAULT_TIMEOUT = 10


class Encryption(StrEnum):
    """How a connection is encrypted where it is: as its port says, or as somebody chose."""

    AUTO = "auto"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


class LoginMethod(StrEnum):
    """How we come by the right to send as the mailbox. All but the first log in with a token."""

    PASSWORD = "password"  # noqa: S105 - a word, not a password
    APP = "app"
    """As an application, with a client secret or a certificate."""
    PERSON = "person"
    """A person signs in at the provider and comes back."""
    DEVICE = "device"
    """A person signs in with a code, in whatever browser."""
    SERVICE_ACCOUNT = "service_account"
    """As an account of a program's own, with its key."""


class Credential(StrEnum):
    """What an application shows to prove that it is itself."""

    SECRET = "secret"  # noqa: S105 - a word, not a secret
    CERTIFICATE = "certificate"


def _called(label: str) -> dict[str, str]:
    return {"label": label}


@dataclass(frozen=True)
class Settings:
    """Everything about a configuration but its secret. ``connection_timeout`` is in seconds.

    Whoever shows, copies or compares it goes by this list of fields and keeps none of its own.

    ``host`` is lower-case ASCII, or ``None`` when the provider derives it or needs none.
    ``encryption`` counts only while ``secure`` is on. ``ehlo_name`` is ``None`` where the name
    that relays are greeted with is derived (see :func:`app.mailer.active.ehlo_name`).

    ``username`` is the mailbox in every login method. ``cloud``, ``tenant_id``, ``client_id`` and
    ``client_credential`` are ``None`` where the method has no use for them; ``client_secret_ends``
    is a date as in 2027-03-01, as somebody typed it.

    ``trust`` is a word of :class:`~app.mail.trust.Authorities`; ``ca_certificates`` and
    ``client_certificate`` are PEM as :mod:`app.mail.trust.pem` writes it, ``certificate_pin`` one
    pin or two with a blank between them. The key of the client certificate is a secret of its own.
    """

    provider: str = field(metadata=_called("Provider"))
    sender_address: str = field(default="", metadata=_called("Sender address"))
    sender_name: str = field(default="", metadata=_called("Sender name"))
    host: str | None = field(default=None, metadata=_called("Host"))
    port: int | None = field(default=None, metadata=_called("Port"))
    secure: bool = field(default=True, metadata=_called("Secure (TLS)"))
    encryption: str = field(default=Encryption.AUTO.value, metadata=_called("Encryption"))
    username: str | None = field(default=None, metadata=_called("Username"))
    login_method: str = field(default=LoginMethod.PASSWORD.value, metadata=_called("Login method"))
    cloud: str | None = field(default=None, metadata=_called("Cloud"))
    tenant_id: str | None = field(default=None, metadata=_called("Tenant ID"))
    client_id: str | None = field(default=None, metadata=_called("Client ID"))
    client_credential: str | None = field(default=None, metadata=_called("Credential"))
    client_secret_ends: str | None = field(default=None, metadata=_called("Client secret ends"))
    ignore_tls_errors: bool = field(default=False, metadata=_called("Ignore TLS errors"))
    trust: str = field(default=Authorities.SYSTEM.value, metadata=_called("Trusted authorities"))
    ca_certificates: str | None = field(
        default=None, metadata=_called("Certificates of your authority")
    )
    certificate_pin: str | None = field(default=None, metadata=_called("Pinned key"))
    client_certificate: str | None = field(default=None, metadata=_called("Client certificate"))
    connection_timeout: int = field(default=DEFAULT_TIMEOUT, metadata=_called("Connection timeout"))
    region: str | None = field(default=None, metadata=_called("Region"))
    ehlo_name: str | None = field(default=None, metadata=_called("Greeting name"))

    @property
    def uses_token(self) -> bool:
        """Whether the relay is shown an access token in place of a password."""
        return self.login_method != LoginMethod.PASSWORD

    @property
    def waits_for_person(self) -> bool:
        """Whether there are no tokens before somebody has signed in."""
        return self.login_method in {LoginMethod.PERSON, LoginMethod.DEVICE}

    @property
    def makes_certificate(self) -> bool:
        """Whether its secret is a key that is made here and never typed."""
        return (
            self.login_method in {LoginMethod.APP, LoginMethod.PERSON}
            and self.client_credential == Credential.CERTIFICATE
        )

    @property
    def secret_field(self) -> str | None:
        """The form's field in which its one secret is typed, if any is.

        A configuration has one secret at most; its login method says what that is.
        """
        if self.makes_certificate or self.login_method == LoginMethod.DEVICE:
            return None
        return _SECRET_FIELDS[LoginMethod(self.login_method)]


_SECRET_FIELDS = {
    LoginMethod.PASSWORD: "password",
    LoginMethod.APP: "client_secret",
    LoginMethod.PERSON: "client_secret",
    LoginMethod.SERVICE_ACCOUNT: "service_account_key",
}

CLIENT_KEY = "client_key"
"""The form's field for the key of the client certificate. It never leaves: it only signs."""

SECRETS = {
    "password": "Password",
    "client_secret": "Client secret",
    "service_account_key": "Key file",
    CLIENT_KEY: "Key of the client certificate",
}
"""The form's fields that hold secrets, and what they are called. No page shows one again."""
SECRET_FIELDS = tuple(SECRETS)

SENDER_FIELDS = ("sender_address", "sender_name")
"""What people see in their inbox. Everything else decides where mail goes, and how."""

LABELS = {part.name: part.metadata["label"] for part in fields(Settings)}
"""What the fields are called on pages."""
FIELDS = tuple(LABELS)
"""What is stored, audited and compared of a configuration, by the names of the form's fields."""


@dataclass(frozen=True)
class PasswordChange:
    """What a form says about the secret, which is a password unless the login method says
    otherwise: keep the stored one, use this one, or remove it."""

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
