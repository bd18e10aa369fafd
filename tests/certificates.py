"""Certificates for test servers, made once per process: a CA and servers good and bad."""

from __future__ import annotations

import atexit
import shutil
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK = ("localhost", "127.0.0.1", "::1")
KINDS = ("good", "expired", "not_yet_valid", "other_name", "self_signed", "unknown_issuer")

_folder = Path(tempfile.mkdtemp(prefix="novantra-certificates-"))
atexit.register(shutil.rmtree, _folder, True)


@cache
def ca_file() -> Path:
    """The CA of every certificate but ``self_signed`` and ``unknown_issuer``.

    Set ``SSL_CERT_FILE`` to it to trust it.
    """
    _, certificate = _authority("Novantra Test CA")
    return _write("ca.pem", certificate.public_bytes(serialization.Encoding.PEM))


@cache
def server_context(kind: str = "good") -> ssl.SSLContext:
    """A server's context with the certificate ``kind``, one of :data:`KINDS`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file(kind))
    return context


@cache
def server_file(kind: str = "good") -> Path:
    """Certificate and key of a server in one PEM file."""
    now = datetime.now(UTC)
    start, end = now - timedelta(days=1), now + timedelta(days=90)
    names = LOOPBACK
    issuer = "Novantra Test CA"
    match kind:
        case "expired":
            start, end = now - timedelta(days=30), now - timedelta(days=2)
        case "not_yet_valid":
            start = now + timedelta(days=2)
        case "other_name":
            names = ("mail.elsewhere.test",)
        case "unknown_issuer":
            issuer = "A CA nobody knows"
    key = ec.generate_private_key(ec.SECP256R1())
    if kind == "self_signed":
        certificate = _sign(names[0], names, key, key, names[0], start, end)
    else:
        authority, _ = _authority(issuer)
        certificate = _sign(names[0], names, key, authority, issuer, start, end)
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _write(f"{kind}.pem", pem)


@cache
def _authority(name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _sign(
    common_name: str,
    names: tuple[str, ...],
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    issuer: str,
    start: datetime,
    end: datetime,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(common_name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([_alternative(n) for n in names]), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(issuer_key, hashes.SHA256())
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _write(name: str, octets: bytes) -> Path:
    path = _folder / name
    path.write_bytes(octets)
    return path
