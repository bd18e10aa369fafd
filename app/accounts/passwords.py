"""Passwords: how they are hashed, checked and what makes one acceptable."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM, MAXIMUM = 12, 256

# OWASP Password Storage Cheat Sheet: Argon2id with 9 MiB, four passes, one lane, which it
# counts as equal to 19 MiB and two passes.
_hasher = PasswordHasher(time_cost=4, memory_cost=9 * 1024, parallelism=1)

# Hashing stays in two threads: each thread that ever hashed keeps its memory, and a crowd at the
# login page would otherwise grow the process by that much per request thread.
_hashing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password-hashing")

# Checked instead when there is no account, so that both cost the same.
_DECOY = _hasher.hash("no account has this password")

COMMON = frozenset(
    {
        "passwordpassword", "password1234", "password12345", "password123456",
        "123456789012", "1234567890123", "12345678901234", "123456123456", "111111111111",
        "qwertyuiopas", "qwertyuiop123", "qwerty123456", "iloveyouiloveyou", "letmeinletmein",
        "adminadminadmin", "administrator", "administrator1", "changemechangeme", "welcome12345",
        "abcdefghijkl", "abcdefghijklm", "novantranovantra", "aaaaaaaaaaaa",
    }
)  # fmt: skip


def hash_password(password: str) -> str:
    """Argon2id, in PHC string format."""
    return _hashing.submit(_hasher.hash, unicodedata.normalize("NFKC", password)).result()


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits. Takes as long when there is nothing to compare with."""
    # No password is longer, so the rest of a megabyte need not be read to be wrong.
    typed = unicodedata.normalize("NFKC", password[: MAXIMUM + 1])
    try:
        _hashing.submit(_hasher.verify, stored or _DECOY, typed).result()
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def weakness(password: str, *, email: str = "", name: str = "") -> str | None:
    """Why a new password is not accepted, for the person choosing it (NIST SP 800-63B 5.1.1.2)."""
    if len(password) < MINIMUM:
        return f"Use at least {MINIMUM} characters. Three or four unrelated words work well."
    if len(password) > MAXIMUM:
        return f"Use at most {MAXIMUM} characters."
    plain = unicodedata.normalize("NFKC", password).casefold()
    if plain in COMMON or len(set(plain)) < 4:
        return "This is one of the first passwords somebody would try. Choose another."
    local = email.partition("@")[0].casefold()
    if plain in {email.casefold(), name.casefold()} or (len(local) > 5 and plain == local * 2):
        return "Do not use your address or your name as the password."
    return None
