"""Pins: the SHA-256 of a public key (RFC 7469 section 2.4), which outlives its certificates."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MOST = 2
"""The key that the relay has now, and the one that it will have next."""

_OCTETS = 32
_PREFIX = re.compile(r"(?:pin-)?sha-?256(?://?|:|=)", re.IGNORECASE)
_HEX = re.compile(r"(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;]+")

OF_A_CERTIFICATE = (
    "This is the fingerprint of a certificate, which changes with every renewal. Wanted is that of"
    " its key; the connection check shows it."
)
TOO_MANY = "Two pins at most: the key that the relay has now, and the one that it will have next."
NOT_A_PIN = (
    "A pin is the SHA-256 of the relay’s public key: 44 characters that end in =, as in"
    " sha256//AbC…=, or 64 hexadecimal digits. The connection check shows it."
)


class PinRefused(ValueError):
    """The message says why, for people."""


def read_pins(text: str) -> tuple[str, ...]:
    """Pins from what somebody pasted, in base64, in their order and each once.

    Takes ``sha256//…`` as curl and ``pin-sha256="…"`` as browsers wrote it, hexadecimal with or
    without colons, and the bare base64.

    :raises PinRefused: it is none, or there are more than two.
    """
    if re.search(r"fingerprint", text, re.IGNORECASE):
        raise PinRefused(OF_A_CERTIFICATE)
    found = tuple(dict.fromkeys(_pin(word) for word in _BETWEEN.split(text.strip()) if word))
    if len(found) > MOST:
        raise PinRefused(TOO_MANY)
    return found


def _pin(word: str) -> str:
    bare = _PREFIX.sub("", word.strip("\"'"), count=1).strip("\"'")
    if _HEX.fullmatch(bare):
        return _written(bytes.fromhex(bare.replace(":", "")))
    try:
        octets = base64.b64decode(bare.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        raise PinRefused(NOT_A_PIN) from None
    if len(octets) != _OCTETS:
        raise PinRefused(NOT_A_PIN)
    return _written(octets)


def pin_of(certificate: x509.Certificate) -> str | None:
    """The pin of a certificate's key; ``None`` for a key of a kind that nobody here knows."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return _written(hashlib.sha256(info).digest())


def _written(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
