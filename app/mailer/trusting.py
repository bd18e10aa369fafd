"""What a configuration says about certificates: for a connection, in words, and when it ends."""

from __future__ import annotations

from datetime import datetime

from app.crypto.secret import Secret
from app.mail.trust import Authorities, Trust
from app.mail.trust.described import Described, described
from app.mail.trust.pem import read_stored
from app.mailer.endings import Ending, ending
from app.mailer.settings import Settings

CERTIFICATES = ("ca_certificates", "client_certificate")
"""The fields that hold certificates in PEM."""


def trust_of(settings: Settings, client_key: Secret | None) -> Trust:
    """What must be right about the relay, and what it is shown."""
    return Trust(
        verify=not settings.ignore_tls_errors,
        authorities=Authorities(settings.trust),
        certificates=settings.ca_certificates or "",
        pins=tuple((settings.certificate_pin or "").split()),
        client_certificate=settings.client_certificate or "",
        client_key=client_key,
    )


def chooses(settings: Settings) -> bool:
    """Whether anything about certificates is other than usual, ignoring them included."""
    chosen = (settings.ca_certificates, settings.certificate_pin, settings.client_certificate)
    return settings.trust != Authorities.SYSTEM or settings.ignore_tls_errors or any(chosen)


def certificates_in(pem: str | None) -> tuple[Described, ...]:
    """The certificates of a stored field, in words; none where it was altered beyond reading."""
    try:
        return tuple(map(described, read_stored(pem))) if pem else ()
    except ValueError:
        return ()


def in_words(name: str, value: object) -> object:
    """A field's value for the audit log and for people: certificates by name and fingerprint."""
    if name not in CERTIFICATES or not isinstance(value, str):
        return value
    return ", ".join(f"{one.subject} (SHA-256 {one.fingerprint})" for one in certificates_in(value))


TRUSTED_ENDED = "The {what} ended on {day}: a relay that it vouches for is refused."
OURS_ENDED = "The {what} ended on {day}: a relay that wants to be shown one refuses it."


def endings_of(settings: Settings, now: datetime) -> list[Ending]:
    """What of it ends, the earliest first: of several trusted certificates the first that does."""
    found = []
    trusted = certificates_in(settings.ca_certificates)
    if trusted and settings.trust != Authorities.SYSTEM and not settings.ignore_tls_errors:
        first = min(trusted, key=lambda one: one.ends)
        found.append(
            ending("trusted certificate", first.ends, now, after=TRUSTED_ENDED, name=first.subject)
        )
    for ours in certificates_in(settings.client_certificate)[:1]:
        found.append(ending("client certificate", ours.ends, now, after=OURS_ENDED))
    return sorted(found, key=lambda one: one.at)
