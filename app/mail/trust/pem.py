"""Certificates and keys from what people paste: read, judged, and written in one form.

What stands around PEM is left out, as ``openssl`` prints it, whatever the line ends; base64 without
its armor is read, too. Everything else is refused in a sentence. No sentence quotes a key.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.crypto.secret import Secret
from app.mail.trust.described import Described, described, is_issued_by

LONGEST = 200_000
"""Characters of one field: more than any chain or bundle of a company has."""
MOST = 50
"""Certificates of one field."""

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----")
_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{1,40}-----|\Z)", re.DOTALL
)
_CERTIFICATES = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})

KEY_IN_HERE = (
    "There is a private key in what was pasted. It was taken out and not stored: here, only"
    " certificates belong."
)
KEY_GOES_BELOW = (
    "There is a private key in what was pasted. It was taken out and not stored: paste it in the"
    " field for the key."
)
NO_CERTIFICATE = (
    "No certificate was found. Paste its text, from -----BEGIN CERTIFICATE----- to"
    " -----END CERTIFICATE-----."
)
A_REQUEST = "This is a request for a certificate. Paste the certificate that was issued for it."
A_PUBLIC_KEY = "This is a public key without its certificate. Paste the certificate."
A_BAG = (
    "This is a PKCS #7 file. Turn it into certificates first: openssl pkcs7 -print_certs -in file"
)
TOO_LONG = "This is far more than a chain of certificates. Paste only those that are needed."
TOO_MANY = f"At most {MOST} certificates. Paste only those that are needed."
CUT_OFF = "There is a certificate without its end: something was cut off when it was copied."
NO_KEY = (
    "No private key was found. Paste its text, from -----BEGIN PRIVATE KEY----- to"
    " -----END PRIVATE KEY-----."
)
ENCRYPTED_KEY = (
    "This key is protected by a passphrase, which nobody could type when mail is sent. Paste it"
    " without: openssl pkey -in key.pem prints it. Here it is stored encrypted."
)
SSH_KEY = "This is an SSH key in its own format, which belongs to no certificate."
BROKEN_KEY = "This key cannot be read: something was cut off or changed when it was copied."
OTHER_KEY = "This key does not belong to the client certificate."


class PemRefused(ValueError):
    """The message says why, for people."""


def without_keys(text: str) -> str:
    """What may be shown again of a pasted text: all but private keys."""
    return _KEY.sub("", text)


@dataclass(frozen=True)
class Pasted:
    """``pem`` is the one form in which certificates are stored; ``left_out`` are certificates that
    are for the relay to send, and that nobody needs to trust."""

    pem: str
    certificates: tuple[Described, ...]
    left_out: tuple[Described, ...] = ()


def read_authorities(text: str, now: datetime) -> Pasted:
    """Certificates to trust. Where a whole chain was pasted, the relay's own is left out.

    :raises PemRefused: there is none, or one that could never help.
    """
    found = _certificates(text, key_in_here=KEY_IN_HERE)
    _in_date(found, now)
    left_out = tuple(c for c in found if _is_end_of_a_chain(c, found))
    kept = [certificate for certificate in found if certificate not in left_out]
    return Pasted(_pem(kept), tuple(map(described, kept)), tuple(map(described, left_out)))


def _is_end_of_a_chain(one: x509.Certificate, found: Sequence[x509.Certificate]) -> bool:
    others = (other for other in found if other is not one)
    return not described(one).is_authority and any(is_issued_by(one, other) for other in others)


def read_client_certificate(text: str, now: datetime) -> Pasted:
    """A certificate to show, and those between it and its authority, its own first.

    :raises PemRefused: there is none, or it would be refused everywhere.
    """
    found = _certificates(text, key_in_here=KEY_GOES_BELOW)
    ends = [one for one in found if not _issued_any(one, found)]
    if len(ends) > 1:
        raise PemRefused(
            "There are several certificates in here that do not belong together:"
            f" {_listed(ends)}. Paste one, and the chain that it came with."
        )
    first = ends or found[:1]
    ordered = [*first, *(certificate for certificate in found if certificate not in first)]
    _in_date(ordered[:1], now)
    return Pasted(_pem(ordered), tuple(map(described, ordered)))


def _issued_any(one: x509.Certificate, found: Sequence[x509.Certificate]) -> bool:
    return any(is_issued_by(other, one) for other in found if other is not one)


def is_for_servers_only(pem: str) -> bool:
    """Whether a client certificate says of itself that it is not for clients."""
    certificate = read_stored(pem)[0]
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    ours = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    return not ours & set(usage)


def read_key(text: str, certificate_pem: str) -> Secret:
    """The key of a client certificate, in the one form in which it is sealed.

    :raises PemRefused: it is none, or not the one of this certificate.
    """
    if len(text) > LONGEST:
        raise PemRefused(NO_KEY)
    key = _key(text)
    theirs = read_stored(certificate_pem)[0]
    if _public(key) != _public_of(theirs):
        raise PemRefused(OTHER_KEY)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Secret(pem.decode())


def _key(text: str) -> PrivateKeyTypes:
    found = _KEY.search(text)
    if found is None:
        raise PemRefused(NO_KEY)
    block = "\n".join(line.strip() for line in found[0].splitlines()) + "\n"
    if "BEGIN OPENSSH" in block:
        raise PemRefused(SSH_KEY)
    if "BEGIN ENCRYPTED" in block or "Proc-Type: 4,ENCRYPTED" in block:
        raise PemRefused(ENCRYPTED_KEY)
    try:
        return load_pem_private_key(block.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PemRefused(BROKEN_KEY) from None  # the cause may quote the key


def _public(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _public_of(certificate: x509.Certificate) -> bytes | None:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def read_stored(pem: str) -> list[x509.Certificate]:
    """What is in PEM that was read before."""
    return x509.load_pem_x509_certificates(pem.encode()) if pem else []


def written(certificate: x509.Certificate) -> str:
    """A certificate in the form in which it is stored."""
    return _pem([certificate])


def _pem(certificates: Sequence[x509.Certificate]) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def _certificates(text: str, *, key_in_here: str) -> list[x509.Certificate]:
    """Each once, in the order in which they stand there."""
    if len(text) > LONGEST:
        raise PemRefused(TOO_LONG)
    if _KEY.search(text):
        raise PemRefused(key_in_here)
    blocks = [(kind, body) for kind, body in _BLOCK.findall(text)]
    found = [body for kind, body in blocks if kind in _CERTIFICATES]
    if not found:
        found = _without_armor(text, {kind for kind, _ in blocks})
    if len(found) > MOST:
        raise PemRefused(TOO_MANY)
    read = [_certificate(body, number, len(found)) for number, body in enumerate(found, 1)]
    return list(dict.fromkeys(read))


def _without_armor(text: str, kinds: set[str]) -> list[str]:
    if any(kind.endswith("CERTIFICATE REQUEST") for kind in kinds):
        raise PemRefused(A_REQUEST)
    if "PKCS7" in kinds or "CMS" in kinds:
        raise PemRefused(A_BAG)
    if any(kind.endswith("PUBLIC KEY") for kind in kinds):
        raise PemRefused(A_PUBLIC_KEY)
    if "-----BEGIN" in text and "CERTIFICATE-----" in text:
        raise PemRefused(CUT_OFF)
    bare = "".join(text.split())
    if not re.fullmatch(r"MI[A-Za-z0-9+/]{60,}={0,2}", bare):  # DER of such a length begins so
        raise PemRefused(NO_CERTIFICATE)
    return [bare]


def _certificate(body: str, number: int, of: int) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(_der(body))
    except (ValueError, binascii.Error):
        which = "This certificate" if of == 1 else f"Certificate {number} of {of}"
        raise PemRefused(
            f"{which} cannot be read: something was cut off or changed when it was copied."
        ) from None


def _der(body: str) -> bytes:
    """Of a certificate that OpenSSL writes with what it is trusted for, only the certificate."""
    octets = base64.b64decode("".join(body.split()), validate=True)
    if octets[:2] == b"\x30\x82":
        octets = octets[: 4 + int.from_bytes(octets[2:4])]
    return octets


def _in_date(certificates: Sequence[x509.Certificate], now: datetime) -> None:
    for one in map(described, certificates):
        if one.ends < now:
            raise PemRefused(
                f"“{one.subject}” ended on {_day(one.ends)}. Paste the one that came after it."
            )
        if one.begins > now:
            raise PemRefused(
                f"“{one.subject}” is not valid before {_day(one.begins)}. If that is over, the"
                " clock of this server is wrong."
            )


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _listed(certificates: Sequence[x509.Certificate]) -> str:
    return ", ".join(f"“{described(one).subject}”" for one in certificates[:3])
