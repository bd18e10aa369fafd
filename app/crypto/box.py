"""The sealed box: what is stored encrypted, and only readable where it was put."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag

from app.crypto.keys import KeyRing
from app.crypto.packing import NotPacked, pack, unpack
from app.crypto.secret import Secret

NONCE_BYTES = 12
VERSION = "v2"
PACKED = "v3"
"""The same of what :mod:`app.crypto.packing` has made shorter."""
UNBOUND = "v1"
"""The form of the first release, bound to its row and to nothing else in it."""


class SealBroken(Exception):
    """A sealed value cannot be opened: its key is missing, or it was altered or moved."""


class SealKeyMissing(SealBroken):
    """The install lacks the key that the value was sealed with; it may come back."""


@dataclass(frozen=True)
class Place:
    """Where a sealed value lives, and what beside it says where the value may go.

    ``name`` is ``table:row:column`` and may be shown. ``bound`` are pairs of a name and a value:
    while one of them is another than when the value was sealed, it does not open.
    """

    name: str
    bound: tuple[tuple[str, str | int], ...] = ()

    def __str__(self) -> str:
        return self.name


class SealedBox:
    """AES-256-GCM (NIST SP 800-38D) under the newest key.

    The place of a value is authenticated with it, so a ciphertext copied to another row or
    column does not open, nor one whose destination was changed beside it. So are the form and
    the key id: a value cannot be passed off as one of an earlier form.
    """

    def __init__(self, ring: KeyRing | Callable[[], KeyRing]) -> None:
        """``ring`` may be a function, asked each time: a key file can change while we run."""
        self._ring: Callable[[], KeyRing] = ring if callable(ring) else lambda: ring

    @property
    def ring(self) -> KeyRing:
        return self._ring()

    def for_many(self) -> SealedBox:
        """The same with the keys as they are at this moment: a key file is not looked at for each
        of many values."""
        return SealedBox(self.ring)

    def seal(self, plain: bytes, place: Place | str, *, packed: bool = False) -> str:
        """Raises :class:`~app.crypto.keys.KeysUnusable` when the install has no key.

        :param packed: whether it is made shorter first. Its length tells more of it then, so that
            is for what holds nothing that others choose beside something that they are to guess
            many times over.
        """
        key = self.ring.newest
        nonce = os.urandom(NONCE_BYTES)
        form = PACKED if packed else VERSION
        plain = pack(plain) if packed else plain
        sealed = key.cipher.encrypt(nonce, plain, _bound(form, place, key.id))
        return f"{form}:{key.id}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, place: Place | str) -> bytes:
        """Raises :class:`SealBroken`, which names the key id and the place, never the value."""
        return self._open(sealed, place, (VERSION, PACKED))

    def seal_again(self, sealed: str, place: Place | str) -> str:
        """The same value in the same form under the newest key. Raises as ``open`` and ``seal``."""
        return self.seal(self.open(sealed, place), place, packed=sealed.startswith(f"{PACKED}:"))

    def open_unbound(self, sealed: str, place: Place | str) -> bytes:
        """Open the form of the first release. Only for the upgrade, which seals it anew.

        Anywhere else it would let an old copy of a value be used with another destination.
        """
        return self._open(sealed, place, (UNBOUND,))

    def _open(self, sealed: str, place: Place | str, accepted: tuple[str, ...]) -> bytes:
        form, _, rest = sealed.partition(":")
        key_id, _, encoded = rest.partition(":")
        if form not in {VERSION, PACKED, UNBOUND}:
            raise SealBroken(f"{place} is not in a sealed form this version knows.")
        key = self.ring.find(key_id)
        if key is None:
            raise SealKeyMissing(f"{place} was sealed with key {key_id}, which this install lacks.")
        if form not in accepted:
            raise SealBroken(f"{place} is in a sealed form that is no longer accepted there.")
        try:
            raw = binascii.a2b_base64(encoded, strict_mode=True)
            plain = key.cipher.decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(form, place, key_id)
            )
            return unpack(plain) if form == PACKED else plain
        except (InvalidTag, binascii.Error, ValueError, NotPacked):
            raise SealBroken(f"{place} does not open with key {key_id}.") from None

    def seal_secret(self, secret: Secret, place: Place | str) -> str:
        return self.seal(secret.reveal().encode(), place)

    def open_secret(self, sealed: str, place: Place | str) -> Secret:
        """As :meth:`open`; what is no text counts as broken."""
        try:
            return Secret(self.open(sealed, place).decode())
        except UnicodeDecodeError:
            raise SealBroken(f"{place} does not hold text.") from None

    @staticmethod
    def key_id_of(sealed: str) -> str:
        """Which key a sealed value needs."""
        return sealed.split(":", 2)[1] if sealed.count(":") >= 2 else ""


def _bound(form: str, place: Place | str, key_id: str) -> bytes:
    """JSON without spaces, ``["v2",key id,place,[[name,value],…]]``, put together here: every mail
    that is claimed needs one, and an encoder takes several times as long."""
    if form == UNBOUND:
        return f"{form}|{key_id}|{place}".encode()
    pairs = place.bound if isinstance(place, Place) else ()
    bound = ",".join(
        [
            f"[{_TEXT(name)},{_TEXT(value) if isinstance(value, str) else json.dumps(value)}]"
            for name, value in pairs
        ]
    )
    return f'["{form}",{_TEXT(key_id)},{_TEXT(str(place))},[{bound}]]'.encode()


_TEXT = json.encoder.encode_basestring_ascii
