"""Certificates for test servers, made once per process: a CA and servers good and bad."""

from __future__ import annotations

import atexit
import base64
import hashlib
import shutil
import ssl
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
RSA_CA = "Novantra Test CA with RSA"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
KINDS = (
    *("good", "expired", "not_yet_valid", "other_name", "self_signed", "unknown_issuer"),
    *("short_key", "old_signature", "by_intermediate", "ends_soon"),
    *("client", "client_elsewhere", "client_expired"),
)


_folders: list[Path] = []
_ONE_AFTER_THE_OTHER = threading.RLock()


def keep_in(folder: Path) -> None:
    """Write certificates there: pytest removes its folders, even those of a worker that it ends."""
    _folders.append(folder)


@cache
def ca_file() -> Path:
    """The CAs of every certificate but ``self_signed`` and ``unknown_issuer``.

    Set ``SSL_CERT_FILE`` to it to trust it.
    """
    with _ONE_AFTER_THE_OTHER:
        known = [_authority(name)[1] for name in ("Novantra Test CA", RSA_CA)]
    pem = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in known]
    return _write("ca.pem", b"".join(pem))


@cache
def server_context(kind: str = "good") -> ssl.SSLContext:
    """A server's context with the certificate ``kind``, one of :data:`KINDS`. One that ends in
    ``+mtls`` wants to be shown a certificate of the known CAs, with ``+mtls12`` over TLS 1.2."""
    kind, _, mutual = kind.partition("+")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind in ("short_key", "old_signature"):  # else the server itself refuses to show it
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(server_file(kind))
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(ca_file())
    if mutual == "mtls12":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def certificate_of(kind: str = "good") -> str:
    """The certificate of a server, or of a client, without its key, in PEM."""
    return server_file(kind).read_text().partition("-----BEGIN PRIVATE")[0]


def key_of(kind: str) -> str:
    """Its key, in PEM."""
    text = server_file(kind).read_text()
    return text[text.index("-----BEGIN PRIVATE") :]


def authority_of(name: str = "Novantra Test CA") -> str:
    """The certificate of a CA, in PEM, as one made at home has it: without a key's usage or id."""
    with _ONE_AFTER_THE_OTHER:
        return _authority(name)[1].public_bytes(serialization.Encoding.PEM).decode()


def pin_of(kind: str = "good") -> str:
    """The pin of a server's key, worked out by the ``openssl`` way: of what the key file holds."""
    key = serialization.load_pem_private_key(key_of(kind).encode(), None)
    info = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(info).digest()).decode()


INTERMEDIATE = "Novantra Test CA in between"


@cache
def intermediate() -> tuple[Key, x509.Certificate]:
    """An authority between the first CA and its servers."""
    root, _ = _authority("Novantra Test CA")
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_named(INTERMEDIATE))
        .issuer_name(_named("Novantra Test CA"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=200))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root, hashes.SHA256())
    )
    return key, certificate


def server_file(kind: str = "good") -> Path:
    """Certificate and key of a server in one PEM file.

    The same key however it is asked for: a cache takes a call without ``kind`` and one with "good"
    for two, and so it takes calls of a test and of its relay's thread at one moment. The second
    would write its own key over the first.
    """
    with _ONE_AFTER_THE_OTHER:
        return made_for_server(kind)


@cache
def made_for_server(kind: str) -> Path:
    """Makes it, once for each kind."""
    now = datetime.now(UTC)
    start, end = now - timedelta(days=1), now + timedelta(days=90)
    names = LOOPBACK
    issuer = "Novantra Test CA"
    match kind:
        case "expired":
            start, end = now - timedelta(days=30), now - timedelta(days=2)
        case "not_yet_valid":
            start = now + timedelta(days=2)
        case "ends_soon":
            end = now + timedelta(days=10)
        case "other_name":
            names = ("mail.elsewhere.test",)
        case "unknown_issuer":
            issuer = "A CA nobody knows"
        case "old_signature":
            issuer = RSA_CA
        case "by_intermediate":
            issuer = INTERMEDIATE
        case "client" | "client_elsewhere" | "client_expired":
            names = (f"{kind}.acme.test",)
            issuer = "A CA nobody knows" if kind == "client_elsewhere" else issuer
            if kind == "client_expired":
                start, end = now - timedelta(days=30), now - timedelta(days=2)
    key: Key = ec.generate_private_key(ec.SECP256R1())
    if kind == "short_key":
        key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    if kind == "self_signed":
        certificate = _sign(names[0], names, key, key, names[0], start, end)
    else:
        authority, _ = intermediate() if issuer == INTERMEDIATE else _authority(issuer)
        certificate = _sign(names[0], names, key, authority, issuer, start, end, kind)
    shown = certificate.public_bytes(serialization.Encoding.PEM)
    if kind == "old_signature":
        shown = _signed_with_sha1(certificate, _authority(issuer)[0])
    pem = shown + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _write(f"{kind}.pem", pem)


@cache
def _authority(name: str) -> tuple[Key, x509.Certificate]:
    key: Key = ec.generate_private_key(ec.SECP256R1())
    if name == RSA_CA:
        key = rsa.generate_private_key(65537, 2048)
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
    key: Key,
    issuer_key: Key,
    issuer: str,
    start: datetime,
    end: datetime,
    kind: str = "",
) -> x509.Certificate:
    client = kind.startswith("client")
    usage = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
    return (
        x509.CertificateBuilder()
        .subject_name(_named(common_name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([_alternative(n) for n in names]), False)
        .add_extension(x509.ExtendedKeyUsage([usage]), False)
        .sign(issuer_key, hashes.SHA256())
    )


def _signed_with_sha1(certificate: x509.Certificate, issuer_key: Key) -> bytes:
    """The same certificate with a SHA-1 signature, which no library makes any more.

    sha256WithRSAEncryption and sha1WithRSAEncryption (RFC 8017 appendix A.2.4) differ in one
    octet, and signatures of one key are all as long.
    """
    assert isinstance(issuer_key, rsa.RSAPrivateKey)
    sha256, sha1 = (bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05"))
    body = certificate.tbs_certificate_bytes.replace(sha256, sha1)
    signature = issuer_key.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - the point
    der = certificate.public_bytes(serialization.Encoding.DER)
    der = der.replace(certificate.tbs_certificate_bytes, body).replace(sha256, sha1)
    der = der.replace(certificate.signature, signature)
    return ssl.DER_cert_to_PEM_cert(der).encode()


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _write(name: str, octets: bytes) -> Path:
    if not _folders:  # outside pytest
        _folders.append(Path(tempfile.mkdtemp(prefix="novantra-certificates-")))
        atexit.register(shutil.rmtree, _folders[0], True)
    path = _folders[0] / name
    path.write_bytes(octets)
    return path
