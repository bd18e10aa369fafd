"""What a backup says of itself, and the proof that its key belongs to its data.

The proof is an HMAC (RFC 2104) under a key derived from the install's. It covers everything that
is said here, the digests of the other files among it, so nobody without that key can exchange the
data or the keys.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from app.cannot import Cannot
from app.crypto.keys import Key, KeyRing

FORM = 1
"""Raised when a reader of this version could no longer make sense of a backup."""

PURPOSE = "novantra backup"
NAME = "manifest.json"
SQLITE, POSTGRES, KEYS, SETTINGS = "novantra.db", "novantra.pgdump", "keys", "settings.env"
DATABASES = {"sqlite": SQLITE, "postgresql": POSTGRES}
_CHUNK = 1 << 20
_SMALL, _LARGEST = 1 << 20, 1 << 60
"""Octets that the files with keys and settings, and the database, can have."""


class NotABackup(Cannot):
    """The file was not made by ``novantra backup``."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} is not a backup that Novantra made.")


class Damaged(Cannot):
    """The file is a backup, and not whole."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file} is damaged: {why}. Nothing was changed. Take another backup.")


@dataclass(frozen=True)
class Manifest:
    """``engine`` is ``sqlite`` or ``postgresql``, ``namespace`` PostgreSQL's schema.

    ``digests`` maps the other files to SHA-256 and size. ``counts`` are rows of tables that mean
    something to people. ``sealed`` values were stored, of which ``unopened`` did not open with
    ``key_ids``. ``keys_inside`` says whether the keys are in the file.
    """

    version: str
    revision: str
    edition: str
    engine: str
    made_at: str
    access_url: str | None
    digests: dict[str, tuple[str, int]]
    counts: dict[str, int]
    sealed: int
    unopened: int
    audit_head: str
    key_ids: list[str]
    keys_inside: bool
    namespace: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    form: int = FORM
    proof_key: str | None = None
    proof: str | None = None

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    def proven_by(self, key: Key) -> Self:
        """The same with its proof."""
        unproven = replace(self, proof_key=key.id, proof=None)
        return replace(unproven, proof=unproven._mac(key))

    def belongs_to(self, ring: KeyRing) -> bool:
        """Whether the ring has the key under which this was proven."""
        key = ring.find(self.proof_key or "")
        if key is None or self.proof is None:
            return False
        return hmac.compare_digest(replace(self, proof=None)._mac(key), self.proof)

    def _mac(self, key: Key) -> str:
        said = json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()
        return hmac.new(key.derive(PURPOSE), said, hashlib.sha256).hexdigest()

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: bytes, file: Path) -> Self:
        """Raises :class:`NotABackup`, and :class:`Cannot` for a form of a later version."""
        try:
            said = json.loads(text)
            form = said["form"]
            if isinstance(form, int) and form > FORM:
                raise Cannot(
                    f"{file} was made by a newer version of Novantra. Restore it with that version."
                )
            said["digests"] = _digests(said["digests"])
            found = cls(**said)
            whole = (
                all(_is_text(getattr(found, name)) for name in _TEXTS)
                and (found.proof is None or (_is_text(found.proof) and found.proof.isascii()))
                and found.moment.tzinfo is not None
                # Nobody has proven this yet: it may not choose the names of files.
                and {DATABASES[found.engine], SETTINGS} <= {*found.digests}
                and {*found.digests} <= {DATABASES[found.engine], SETTINGS, KEYS}
                and (KEYS in found.digests) == found.keys_inside
                and all(
                    0 <= size <= (_SMALL if name in {KEYS, SETTINGS} else _LARGEST)
                    for name, (_, size) in found.digests.items()
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise NotABackup(file) from None
        if not whole:
            raise NotABackup(file)
        return found


_TEXTS = ("version", "revision", "edition", "engine", "made_at", "audit_head")


def _is_text(value: object) -> bool:
    """Nobody has proven it yet, and it may end on somebody's terminal."""
    return isinstance(value, str) and value.isprintable()


def _digests(said: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    return {str(name): (str(digest), int(size)) for name, (digest, size) in said.items()}


def digest(content: bytes) -> tuple[str, int]:
    """SHA-256 in hexadecimal digits, and the size in octets."""
    return hashlib.sha256(content).hexdigest(), len(content)


def digest_of(file: Path) -> tuple[str, int]:
    """The same of a file."""
    running, size = hashlib.sha256(), 0
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            running.update(chunk)
            size += len(chunk)
    return running.hexdigest(), size
