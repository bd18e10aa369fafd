"""Finds the install's keys at start, and makes the first one when that is safe."""

from __future__ import annotations

import logging
import secrets

from app.config import Config
from app.crypto.keys import KeyRing, create_key_file, keys_from_env, read_key_file
from app.database import Database
from app.sealing import holds_ciphertext

log = logging.getLogger("novantra.keys")


def load_keyring(config: Config, database: Database) -> KeyRing:
    """The keys of the configured provider. A problem is logged and kept in ``ring.problem``.

    A missing key file is made only while nothing is sealed: with ciphertext in the database
    a new key would hide that the old one is lost.
    """
    if config.key_provider == "env":
        ring = keys_from_env(config.keys.reveal())
    elif config.key_file.exists():
        ring = read_key_file(config.key_file)
    else:
        with database.session(reading=True) as session:
            sealed = holds_ciphertext(session)
        ring = read_key_file(config.key_file) if sealed else create_key_file(config.key_file)
    if ring.problem:
        log.error("keys unusable: %s", ring.problem)
    return ring


def session_secrets(ring: KeyRing) -> list[bytes]:
    """What signs session cookies: the newest first. Without keys, one for this process only."""
    if not ring.usable:
        return [secrets.token_bytes(32)]
    return [key.derive("novantra session cookies") for key in ring.keys]
