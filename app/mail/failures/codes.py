"""The closed list of things that can go wrong on the way to a relay, and a failure as one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.mail.phases import Phase
from app.mail.replies import in_codes


class Disposition(StrEnum):
    """What the outbox does with a message after a failure."""

    RETRY = "retry"
    """Nobody has to act: keep it queued, back off, try again."""
    PAUSE = "pause"
    """A person must change something first: hold the queue and tell the administrators once."""
    REJECT = "reject"
    """Only this message or this recipient is affected: the queue goes on."""


class FailureCode(StrEnum):
    """Every failed send, test or connection check ends in exactly one of these."""

    DNS_NOT_FOUND = "dns_not_found"
    DNS_TEMPORARY = "dns_temporary"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    NETWORK_UNREACHABLE = "network_unreachable"
    CONNECTION_DROPPED = "connection_dropped"
    PROTOCOL_ERROR = "protocol_error"
    TLS_MODE_MISMATCH = "tls_mode_mismatch"
    TLS_VERSION = "tls_version"
    TLS_FAILED = "tls_failed"
    CERT_SELF_SIGNED = "cert_self_signed"
    CERT_UNKNOWN_ISSUER = "cert_unknown_issuer"
    CERT_EXPIRED = "cert_expired"
    CERT_HOSTNAME = "cert_hostname"
    CERT_KEY_TOO_SHORT = "cert_key_too_short"
    CERT_SIGNATURE_TOO_OLD = "cert_signature_too_old"
    CERT_PIN = "cert_pin"
    CLIENT_CERT_REQUIRED = "client_cert_required"
    CLIENT_CERT_REFUSED = "client_cert_refused"
    STARTTLS_NOT_OFFERED = "starttls_not_offered"
    TLS_REQUIRED = "tls_required"
    EHLO_REJECTED = "ehlo_rejected"
    AUTH_REQUIRED = "auth_required"
    AUTH_NOT_OFFERED = "auth_not_offered"
    AUTH_BAD_CREDENTIALS = "auth_bad_credentials"
    AUTH_APP_PASSWORD = "auth_app_password"  # noqa: S105 - a failure code, not a password
    AUTH_BASIC_DISABLED = "auth_basic_disabled"
    AUTH_POLICY = "auth_policy"
    ACCOUNT_BLOCKED = "account_blocked"
    OAUTH_REJECTED = "oauth_rejected"
    AUTH_TEMPORARY = "auth_temporary"
    SENDER_REJECTED = "sender_rejected"
    SENDER_UNAUTHENTICATED = "sender_unauthenticated"
    RELAY_DENIED = "relay_denied"
    CLIENT_BLOCKED = "client_blocked"
    RECIPIENT_UNVERIFIED = "recipient_unverified"
    RECIPIENT_REJECTED = "recipient_rejected"
    RECIPIENT_TEMPORARY = "recipient_temporary"
    ADDRESS_INVALID = "address_invalid"
    MESSAGE_TOO_LARGE = "message_too_large"
    CONTENT_REJECTED = "content_rejected"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXCEEDED = "quota_exceeded"
    SERVER_STORAGE = "server_storage"
    SERVER_BUSY = "server_busy"
    REJECTED_OTHER = "rejected_other"


CERTIFICATES = frozenset(
    {
        FailureCode.CERT_SELF_SIGNED,
        FailureCode.CERT_UNKNOWN_ISSUER,
        FailureCode.CERT_EXPIRED,
        FailureCode.CERT_HOSTNAME,
        FailureCode.CERT_KEY_TOO_SHORT,
        FailureCode.CERT_SIGNATURE_TOO_OLD,
        FailureCode.CERT_PIN,
    }
)
"""A certificate was shown and refused: nobody knows who is there."""

CLIENT_CERTIFICATES = frozenset({FailureCode.CLIENT_CERT_REQUIRED, FailureCode.CLIENT_CERT_REFUSED})
"""The relay wants to be shown a certificate, or another one."""

_NEEDS_A_PERSON = (CERTIFICATES | CLIENT_CERTIFICATES) | frozenset(
    {
        FailureCode.DNS_NOT_FOUND,
        FailureCode.TLS_MODE_MISMATCH,
        FailureCode.TLS_VERSION,
        FailureCode.STARTTLS_NOT_OFFERED,
        FailureCode.TLS_REQUIRED,
        FailureCode.EHLO_REJECTED,
        FailureCode.AUTH_REQUIRED,
        FailureCode.AUTH_NOT_OFFERED,
        FailureCode.AUTH_BAD_CREDENTIALS,
        FailureCode.AUTH_APP_PASSWORD,
        FailureCode.AUTH_BASIC_DISABLED,
        FailureCode.AUTH_POLICY,
        FailureCode.ACCOUNT_BLOCKED,
        FailureCode.OAUTH_REJECTED,
        FailureCode.SENDER_REJECTED,
        FailureCode.SENDER_UNAUTHENTICATED,
        FailureCode.RELAY_DENIED,
        FailureCode.CLIENT_BLOCKED,
        FailureCode.RECIPIENT_UNVERIFIED,
    }
)

_ONE_MESSAGE_ONLY = frozenset(
    {
        FailureCode.RECIPIENT_REJECTED,
        FailureCode.ADDRESS_INVALID,
        FailureCode.MESSAGE_TOO_LARGE,
        FailureCode.CONTENT_REJECTED,
        FailureCode.REJECTED_OTHER,
    }
)


def disposition_of(code: FailureCode) -> Disposition:
    """The disposition follows from the code alone; nothing else may decide it."""
    if code in _NEEDS_A_PERSON:
        return Disposition.PAUSE
    if code in _ONE_MESSAGE_ONLY:
        return Disposition.REJECT
    return Disposition.RETRY


@dataclass(frozen=True)
class Failure:
    """What went wrong, from the relay to the page: codes alone, safe to log, store and show.

    ``phase`` is None only where an earlier version did not note it. ``offered`` are the known
    login mechanisms of a relay that has none of ours, None where that does not matter.
    ``refused_target`` says that we did not even try, because the address is one that no relay has
    (link-local, multicast, unspecified). ``chip`` is what the sign-in service's own documentation
    calls its refusal: Microsoft's number or a word of the standard.
    """

    code: FailureCode
    phase: Phase | None
    reply_code: int | None = None
    enhanced: str | None = None
    offered: tuple[str, ...] | None = None
    refused_target: bool = False
    chip: str | None = None

    @property
    def reply(self) -> str:
        """What the relay answered, in codes: "535 5.7.8", or nothing if it did not answer. Of a
        sign-in service, what it calls its refusal: "AADSTS7000215"."""
        return self.chip or in_codes(self.reply_code, self.enhanced)

    def __composite_values__(self) -> tuple[str, str | None, int | None, str | None]:
        """What is stored of it, in the order of its columns; the name is SQLAlchemy's."""
        return self.code.value, self.phase and self.phase.value, self.reply_code, self.enhanced

    def __str__(self) -> str:
        return f"{self.code} at {self.phase}" + (f" ({self.reply})" if self.reply else "")
