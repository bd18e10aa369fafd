"""What stands in a certificate, as short text that is safe to show.

A server writes its certificate itself, so of every text in it only the beginning is taken, and of
that what can be printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

_LONGEST = 64


@dataclass(frozen=True)
class Described:
    """``subject`` and ``issuer`` are names as people call them; ``fingerprint`` is the SHA-256 of
    the whole certificate in hexadecimal, with colons."""

    subject: str
    issuer: str
    begins: datetime
    ends: datetime
    is_authority: bool
    self_signed: bool
    fingerprint: str


def described(certificate: x509.Certificate) -> Described:
    """A certificate in words."""
    return Described(
        subject=name_of(certificate.subject) or ", ".join(names_in(certificate)[:1]) or "unnamed",
        issuer=name_of(certificate.issuer),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        is_authority=is_authority(certificate),
        self_signed=is_self_signed(certificate),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
    )


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may sign others: it says so, or is of the first version, which cannot say."""
    if certificate.version is x509.Version.v1:
        return True
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    return found.value.ca


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Whether nobody but its own key vouches for it."""
    return is_issued_by(certificate, certificate)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``issuer`` signed it."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def names_in(certificate: x509.Certificate) -> list[str]:
    """The host names and addresses that it is for; of an old one, the common name."""
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        names = [_first(certificate.subject, NameOID.COMMON_NAME)]
    else:
        names = [
            *alternative.value.get_values_for_type(x509.DNSName),
            *map(str, alternative.value.get_values_for_type(x509.IPAddress)),
        ]
    return [plain(name) for name in names if name]


def name_of(name: x509.Name) -> str:
    """What people call it: its common name, its unit's, or its organization's."""
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME):
        if found := plain(_first(name, oid)):
            return found
    return ""


def plain(text: str) -> str:
    """The beginning of a text, as far as it can be printed."""
    return "".join(character for character in text if character.isprintable())[:_LONGEST]


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
