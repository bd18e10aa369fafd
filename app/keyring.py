"""Finds the install's keys at start, and makes the first one when that is safe."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from app.config import Config
from app.crypto.keys import (
    KeyRing,
    WatchedKeyFile,
    create_key_file,
    keys_from_env,
)
from app.database import Database
from app.sealing import holds_ciphertext

log = logging.getLogger("novantra.keys")


def load_keyring(config: Config) -> Callable[[], KeyRing]:
    """Gives the keys of the configured provider; ``ring.problem`` says why there are none."""
    if config.key_provider == "env":
        fixed = keys_from_env(config.keys.reveal())
        return lambda: fixed
    return WatchedKeyFile(config.key_file)


def ensure_key(config: Config, database: Database) -> None:
    """Make the first key, when that is safe; a problem with the keys is logged.

    A missing key file is made only while nothing is sealed: with ciphertext in the database
    a new key would hide that the old one is lost.
    """
    if config.key_provider == "file" and not config.key_file.exists():
        with database.session(reading=True) as session:
            sealed = holds_ciphertext(session)
        if not sealed:
            create_key_file(config.key_file)
    if problem := load_keyring(config)().problem:
        log.error("keys unusable: %s", problem)


def session_secrets(ring: KeyRing) -> list[bytes]:
    """What signs session cookies: the newest first. Without keys, one for this process only."""
    if not ring.usable:
        return [secrets.token_bytes(32)]
    return [key.derive("novantra session cookies") for key in ring.keys]
