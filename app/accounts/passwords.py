"""Passwords: how they are hashed, checked and what makes one acceptable."""

from __future__ import annotations

import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

MINIMUM, MAXIMUM = 12, 256

# OWASP Password Storage Cheat Sheet: Argon2id with 9 MiB, four passes, one lane, which it
# counts as equal to 19 MiB and two passes.
_hasher = PasswordHasher(time_cost=4, memory_cost=9 * 1024, parallelism=1)

# Hashing stays in two threads: each thread that ever hashed keeps its memory, and a crowd at the
# login page would otherwise grow the process by that much per request thread.
_hashing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password-hashing")

# Checked instead when there is no account, so that both cost the same.
_DECOY = _hasher.hash("no account has this password")

LOOKED_AT = 72
"""Characters that guessing is estimated on: it takes longer than their number, and a password that
is hard to guess from its first 72 is hard to guess."""
STRONG = 3
"""zxcvbn's score from which guessing takes more than 10^8 tries (Wheeler, USENIX Security 2016)."""


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
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        return "Remove line breaks and control characters."
    if len(password) < MINIMUM:
        return f"Use at least {MINIMUM} characters. Three or four unrelated words work well."
    if len(password) > MAXIMUM:
        return f"Use at most {MAXIMUM} characters."
    own = [email, *re.split(r"[@._+\-\s]+", f"{email} {name}"), "novantra"]
    guessed = zxcvbn(
        unicodedata.normalize("NFKC", password)[:LOOKED_AT],
        user_inputs=[word for word in own if len(word) > 2],
    )
    parts = {part.get("dictionary_name") for part in guessed["sequence"]}
    # Somebody who knows the person tries these first: the rest must be strong by itself.
    personal = "user_inputs" in parts
    if guessed["score"] >= (STRONG + 1 if personal else STRONG):
        return None
    if personal:
        return "Do not build the password from your address or your name."
    return (
        "This would be guessed quickly: common words, names, repeats and rows of keys are tried"
        " first. Three or four unrelated words work well."
    )
