"""Assertions verify elsewhere; key files that cannot be used are refused in words."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from app.crypto.secret import Secret
from app.mail.oauth.pkce import challenge_of, new_verifier, redirect_problem
from app.mail.oauth.signing import (
    ServiceAccount,
    UnusableKey,
    account_assertion,
    client_assertion,
    make_certificate,
    read_service_account,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
AUDIENCE = "https://login.microsoftonline.com/t/oauth2/v2.0/token"


def pem_of(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None
) -> str:
    lock = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock
    ).decode()


@pytest.fixture(scope="module")
def rsa_key() -> str:
    return pem_of(rsa.generate_private_key(65537, 2048))


def key_file(pem: str, **changes: object) -> str:
    return json.dumps(
        {
            "type": "service_account",
            "client_email": "mail@acme-1.iam.gserviceaccount.com",
            "private_key_id": "abc123",
            "private_key": pem,
            **changes,
        }
    )


def test_a_client_assertion_verifies_under_the_certificate_that_is_shown() -> None:
    made = make_certificate("hr.acme.test", NOW)
    token = client_assertion(
        client_id="app-1",
        audience=AUDIENCE,
        private_key=made.private_key,
        certificate=made.certificate,
        now=NOW,
    )
    found = x509.load_pem_x509_certificate(made.certificate.encode())
    public = found.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    verified = jwt.decode(token.reveal(), RSAKey.import_key(public), algorithms=["PS256"])
    der = found.public_bytes(serialization.Encoding.DER)
    thumb = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    assert verified.header["x5t#S256"] == thumb
    claims = verified.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("app-1", "app-1", AUDIENCE)
    assert claims["exp"] - claims["iat"] == 300
    assert made.thumbprint == hashlib.sha1(der).hexdigest().upper()  # noqa: S324 - as Entra shows it
    assert made.ends_at - NOW == timedelta(days=730)
    assert "PRIVATE" not in made.certificate


def test_every_assertion_is_a_new_one() -> None:
    made = make_certificate("a", NOW)
    given = {
        "client_id": "a",
        "audience": "b",
        "private_key": made.private_key,
        "certificate": made.certificate,
        "now": NOW,
    }
    assert client_assertion(**given) != client_assertion(**given)


def test_a_service_accounts_assertion_verifies_and_names_the_mailbox(rsa_key: str) -> None:
    account = read_service_account(key_file(rsa_key))
    assert isinstance(account, ServiceAccount)
    token = account_assertion(
        account,
        mailbox="hr@acme.test",
        scope="https://mail.google.com/",
        audience="https://oauth2.googleapis.com/token",
        now=NOW,
    )
    verified = jwt.decode(token.reveal(), RSAKey.import_key(rsa_key), algorithms=["RS256"])
    assert verified.header["kid"] == "abc123"
    assert verified.claims["sub"] == "hr@acme.test"
    assert verified.claims["iss"] == "mail@acme-1.iam.gserviceaccount.com"
    assert "PRIVATE" not in repr(account)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not a key file"),
        ("[" * 15_000, "not a key file"),
        ("[]", "no key file of Google"),
        ("x" * 1_000_000, "too long"),
        ('{"web": {"client_id": "a"}}', "an OAuth client"),
        ('{"installed": {}}', "an OAuth client"),
        ('{"type": "authorized_user"}', "service_account"),
        (key_file("x", client_email="mail@acme.test"), "no service account"),
        (key_file("x", private_key_id=None), "no private key"),
        (key_file("not a key"), "cannot be read"),
        (key_file(pem_of(ec.generate_private_key(ec.SECP256R1()))), "not an RSA key"),
        (key_file(pem_of(rsa.generate_private_key(65537, 1024))), "shorter than 2048"),  # noqa: S505
        (key_file(pem_of(rsa.generate_private_key(65537, 2048), b"pass")), "has a passphrase"),
    ],
    ids=range(13),
)
def test_a_key_file_that_cannot_be_used_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(UnusableKey) as caught:
        read_service_account(text)
    assert says in str(caught.value)
    assert "BEGIN" not in str(caught.value)


def test_the_challenge_is_the_one_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert 43 <= len(new_verifier().reveal()) <= 128
    assert new_verifier() != new_verifier()


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("https://hr.acme.test/admin/system/mailer/connected", True),
        ("http://localhost:8000/admin/system/mailer/connected", True),
        ("http://hr.acme.test/admin/system/mailer/connected", False),
        ("http://127.0.0.1:8000/admin/system/mailer/connected", True),
        ("http://localhost.evil.test/", False),
        ("http://127.0.0.1.evil.test/", False),
        ("http://127.0.0.1:8000@evil.test/", False),
        ("https://hr.acme.test/" + "x" * 250, False),
        ("https://hr.acme.test/a(b)", False),
    ],
)
def test_a_redirect_that_the_vendors_refuse_is_known_before(address: str, fine: bool) -> None:
    assert (redirect_problem(address) is None) is fine
