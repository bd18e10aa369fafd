"""Assertions read by an independent implementation (joserfc)."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import RSAKey


def claims_of(assertion: str, pem: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, after the signature was checked with the key in ``pem``."""
    if "CERTIFICATE" in pem:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        pem = key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()
    found = jwt.decode(assertion, RSAKey.import_key(pem), algorithms=["PS256", "RS256"])
    return dict(found.header), dict(found.claims)
