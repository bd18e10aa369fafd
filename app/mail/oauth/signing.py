"""Signed assertions in place of a secret, and the keys and certificates they are signed with."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from app.crypto.secret import Secret

LIFE = timedelta(minutes=5)
CERTIFICATE_DAYS = 730
KEY_BITS = 3072
LARGEST_KEY_FILE = 20_000
"""Characters: Google's key files have about 2,400."""


class UnusableKey(ValueError):
    """A key cannot be used. The message says why, in words, and holds nothing of it."""


@dataclass(frozen=True)
class ServiceAccount:
    """What of Google's key file is needed."""

    email: str
    key_id: str
    private_key: Secret


@dataclass(frozen=True)
class MadeCertificate:
    """A key of ours and the certificate to upload. ``thumbprint`` is as Entra shows it: SHA-1 in
    capitals, for people to compare and for nothing else."""

    private_key: Secret
    certificate: str
    thumbprint: str
    ends_at: datetime


def make_certificate(name: str, now: datetime) -> MadeCertificate:
    """A new key with a self-signed certificate, in PEM. Only the certificate is ever shown."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    ends_at = (now + timedelta(days=CERTIFICATE_DAYS)).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(ends_at)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return MadeCertificate(
        Secret(pem.decode("ascii")),
        certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
        thumbprint_of(certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")),
        ends_at,
    )


def thumbprint_of(certificate: str) -> str:
    """The thumbprint of a certificate in PEM, as Entra shows it."""
    found = x509.load_pem_x509_certificate(certificate.encode("ascii"))
    return found.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - compared by people


def client_assertion(
    *, client_id: str, audience: str, private_key: Secret, certificate: str, now: datetime
) -> Secret:
    """Entra's assertion: PS256 with the certificate's SHA-256 in the header.

    Source: learn.microsoft.com "Microsoft identity platform application authentication certificate
    credentials". ``audience`` is the address of the token endpoint.
    """
    found = x509.load_pem_x509_certificate(certificate.encode("ascii"))
    print_of_it = _base64(found.fingerprint(hashes.SHA256()))
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": print_of_it}
    claims = {
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": secrets.token_urlsafe(16),
        **_times(now),
    }
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    return _signed(header, claims, private_key, scheme)


def account_assertion(
    account: ServiceAccount, *, mailbox: str, scope: str, audience: str, now: datetime
) -> Secret:
    """Google's assertion for a service account that acts for ``mailbox``: RS256.

    Source: developers.google.com "Using OAuth 2.0 for Server to Server Applications".
    """
    header = {"alg": "RS256", "typ": "JWT", "kid": account.key_id}
    claims = {
        "iss": account.email,
        "sub": mailbox,
        "scope": scope,
        "aud": audience,
        **_times(now),
    }
    return _signed(header, claims, account.private_key, padding.PKCS1v15())


def read_service_account(text: str) -> ServiceAccount:
    """What Google's JSON key file holds.

    :raises UnusableKey: it is something else; the message says what to do.
    """
    if len(text) > LARGEST_KEY_FILE:
        raise UnusableKey("This is too long for a key file: Google’s have about 2,400 characters.")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableKey(
            "This is not a key file. Paste all of the JSON file that Google offered for download."
        ) from None
    if not isinstance(values, dict):
        raise UnusableKey("This is JSON, but no key file of Google’s.")
    if "web" in values or "installed" in values:
        raise UnusableKey(
            "This is the file of an OAuth client, not of a service account. Make a key under IAM &"
            " Admin → Service accounts → Keys."
        )
    if values.get("type") != "service_account":
        raise UnusableKey("The file does not say “type”: “service_account”.")
    email, key_id, pem = (values.get(n) for n in ("client_email", "private_key_id", "private_key"))
    if not isinstance(email, str) or not email.endswith(".gserviceaccount.com"):
        raise UnusableKey("The file names no service account as “client_email”.")
    if not isinstance(key_id, str) or not isinstance(pem, str):
        raise UnusableKey("The file holds no private key. Download it again.")
    key = Secret(pem)
    _loaded(key)
    return ServiceAccount(email[:320], key_id[:100], key)


def _times(now: datetime) -> dict[str, int]:
    issued = int(now.timestamp())
    return {"iat": issued, "nbf": issued, "exp": issued + int(LIFE.total_seconds())}


def _signed(
    header: dict[str, str],
    claims: dict[str, Any],
    private_key: Secret,
    scheme: padding.AsymmetricPadding,
) -> Secret:
    """A JWS in its compact form (RFC 7515 section 7.1)."""
    said = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    signature = _loaded(private_key).sign(said.encode("ascii"), scheme, hashes.SHA256())
    return Secret(f"{said}.{_base64(signature)}")


def _loaded(private_key: Secret) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(private_key.reveal().encode(), password=None)
    except TypeError:
        raise UnusableKey("The private key has a passphrase. Make one without.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableKey("The private key cannot be read. Download the file again.") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UnusableKey("The private key is not an RSA key.")
    if key.key_size < 2048:
        raise UnusableKey("The RSA key is shorter than 2048 bits.")
    return key


def _base64(octets: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
