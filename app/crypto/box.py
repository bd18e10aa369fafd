"""The sealed box: what is stored encrypted, and only readable where it was put."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.crypto.keys import KeyRing
from app.crypto.secret import Secret

NONCE_BYTES = 12
VERSION = "v1"


class SealBroken(Exception):
    """A sealed value cannot be opened: its key is missing, or it was altered or moved."""


class SealedBox:
    """AES-256-GCM (NIST SP 800-38D) under the newest key.

    ``place`` names where the value lives (``table:row:column``). It is authenticated with
    the value, so a ciphertext copied to another row or column does not open.
    """

    def __init__(self, ring: KeyRing | Callable[[], KeyRing]) -> None:
        """``ring`` may be a function, asked each time: a key file can change while we run."""
        self._ring: Callable[[], KeyRing] = ring if callable(ring) else lambda: ring

    @property
    def ring(self) -> KeyRing:
        return self._ring()

    def seal(self, plain: bytes, place: str) -> str:
        """Raises :class:`~app.crypto.keys.KeysUnusable` when the install has no key."""
        key = self.ring.newest
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(key.material).encrypt(nonce, plain, _bound(place, key.id))
        return f"{VERSION}:{key.id}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, place: str) -> bytes:
        """Raises :class:`SealBroken`, which names the key id and the place, never the value."""
        version, _, rest = sealed.partition(":")
        key_id, _, encoded = rest.partition(":")
        if version != VERSION:
            raise SealBroken(f"{place} is not in a sealed form this version knows.")
        key = self.ring.find(key_id)
        if key is None:
            raise SealBroken(f"{place} was sealed with key {key_id}, which this install lacks.")
        try:
            raw = base64.b64decode(encoded, validate=True)
            return AESGCM(key.material).decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(place, key_id)
            )
        except (InvalidTag, binascii.Error, ValueError):
            raise SealBroken(f"{place} does not open with key {key_id}.") from None

    def seal_secret(self, secret: Secret, place: str) -> str:
        return self.seal(secret.reveal().encode(), place)

    def open_secret(self, sealed: str, place: str) -> Secret:
        return Secret(self.open(sealed, place).decode())

    @staticmethod
    def key_id_of(sealed: str) -> str:
        """Which key a sealed value needs."""
        return sealed.split(":", 2)[1] if sealed.count(":") >= 2 else ""


def _bound(place: str, key_id: str) -> bytes:
    return f"{VERSION}|{key_id}|{place}".encode()
