"""The install's keys: where they come from and whether they can be used."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.workshop import workshop

KEY_BYTES = 32


class KeysUnusable(ValueError):
    """The keys are missing or malformed. The message says which and never shows a key."""


@dataclass(frozen=True, repr=False)
class Key:
    """A 256-bit key and the id that sealed values carry."""

    id: str
    material: bytes

    @cached_property
    def cipher(self) -> AESGCM:
        """Made once: it takes as long as opening a mail does."""
        return AESGCM(self.material)

    def derive(self, purpose: str) -> bytes:
        """A 256-bit key for another purpose (HKDF-SHA256, RFC 5869)."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(self.material)


class KeyRing:
    """The keys, newest first: the first seals, all of them open."""

    def __init__(self, keys: list[Key], *, problem: str | None = None) -> None:
        self.keys = keys
        self.problem = problem

    @property
    def usable(self) -> bool:
        return bool(self.keys)

    @property
    def newest(self) -> Key:
        if not self.keys:
            raise KeysUnusable(self.problem or "The install has no key.")
        return self.keys[0]

    def find(self, key_id: str) -> Key | None:
        for key in self.keys:
            if key.id == key_id:
                return key
        return None


def parse_keys(text: str, *, source: str) -> list[Key]:
    """Read ``id:base64key`` entries, newest first, separated by commas or line breaks."""
    keys: list[Key] = []
    for number, entry in enumerate(text.replace("\n", ",").split(","), start=1):
        if not entry.strip():
            continue
        key_id, colon, encoded = entry.strip().partition(":")
        if not colon:
            # Not named: without a colon the whole entry may be the key itself.
            raise KeysUnusable(f"Key {number} in {source} needs the form id:base64key.")
        if not key_id.replace("-", "").isalnum() or not key_id.isascii():
            raise KeysUnusable(f"Key {number} in {source} has no usable id before its colon.")
        try:
            material = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise KeysUnusable(f"Key {key_id} in {source} is not valid base64.") from None
        if len(material) != KEY_BYTES:
            raise KeysUnusable(f"Key {key_id} in {source} must be {KEY_BYTES} bytes long.")
        if any(known.id == key_id for known in keys):
            raise KeysUnusable(f"Key id {key_id} appears twice in {source}.")
        keys.append(Key(key_id, material))
    return keys


def format_keys(keys: list[Key]) -> str:
    """The text that :func:`parse_keys` reads, one key a line."""
    return "".join(f"{k.id}:{base64.b64encode(k.material).decode()}\n" for k in keys)


def new_key() -> Key:
    return Key(secrets.token_hex(4), secrets.token_bytes(KEY_BYTES))


def read_key_file(path: Path) -> KeyRing:
    """The keys in a file. A missing or broken file gives an unusable ring that says why."""
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return KeyRing([], problem=f"The key file {path} is missing.")
    except (OSError, UnicodeDecodeError):
        return KeyRing([], problem=f"The key file {path} cannot be read.")
    return _ring(text, str(path), f"The key file {path} holds no key.")


def read_keys(content: bytes, *, source: str) -> KeyRing:
    """The keys in what was a key file. None, or broken ones, give an unusable ring."""
    return _ring(content.decode("ascii", "replace"), source, f"{source} holds no key.")


class WatchedKeyFile:
    """The ring of a key file, read again whenever the file is replaced.

    So a process that is already running seals and opens with the new key from the moment
    ``keys rotate`` writes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._ring = KeyRing([])

    def __call__(self) -> KeyRing:
        try:
            state = self._path.stat()
            # The size tells a file that is just being written from the same file a tick later.
            seen = (state.st_mtime_ns, state.st_ino, state.st_size)
        except OSError:
            seen = (0, 0, 0)
        if seen != self._seen:
            self._ring = read_key_file(self._path)
            self._seen = seen
        return self._ring


def create_key_file(path: Path) -> KeyRing:
    """Make a key file (mode 0600) unless another process just made it, and read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with workshop(path.parent, "keys") as folder:
        draft = folder / path.name
        _write_private(draft, format_keys([new_key()]))
        with suppress(FileExistsError):
            os.link(draft, path)
    return read_key_file(path)


def replace_key_file(path: Path) -> KeyRing:
    """Make a new key in place of a file that is missing or holds none; that one is kept aside.

    The new file belongs to whoever owns the folder, so that root leaves it to the service.
    """
    if path.exists():
        path.rename(path.with_name(f"{path.name}.unreadable-{secrets.token_hex(4)}"))
    ring = create_key_file(path)
    made, folder = path.stat(), path.parent.stat()
    if (made.st_uid, made.st_gid) != (folder.st_uid, folder.st_gid) and os.geteuid() == 0:
        os.chown(path, folder.st_uid, folder.st_gid)
    return ring


def write_key_file(path: Path, keys: list[Key]) -> None:
    """Replace the key file in one step. It keeps its owner, group and mode.

    So a rotation by root leaves the file to the service that reads it. Raises ``OSError``, with
    the old file in place, when the owner cannot be kept.
    """
    before = path.stat() if path.exists() else None
    with workshop(path.parent, "keys") as folder:
        draft = folder / path.name
        _write_private(draft, format_keys(keys))
        if before is not None:
            if (before.st_uid, before.st_gid) != (draft.stat().st_uid, draft.stat().st_gid):
                os.chown(draft, before.st_uid, before.st_gid)
            draft.chmod(stat.S_IMODE(before.st_mode))
        draft.replace(path)


def keys_from_env(text: str) -> KeyRing:
    """The keys in ``NOVANTRA_KEYS``; unusable, with a reason, when it is empty or malformed."""
    return _ring(text, "NOVANTRA_KEYS", "NOVANTRA_KEYS is empty.")


def _ring(text: str, source: str, empty: str) -> KeyRing:
    try:
        keys = parse_keys(text, source=source)
    except KeysUnusable as error:
        return KeyRing([], problem=str(error))
    return KeyRing(keys, problem=None if keys else empty)


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
