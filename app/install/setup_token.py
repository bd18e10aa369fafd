"""The one-time setup token: a file that only the operator of the machine can read.

Whoever can read the server's console or its data folder may set the install up; nobody
else who happens to reach the port first.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from hmac import compare_digest
from pathlib import Path

TOKEN_BYTES = 20
MINIMUM_LENGTH = 20


def read_token(file: Path) -> str | None:
    """The token in the file; ``None`` when there is no file or nothing usable in it."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return text if len(text) >= MINIMUM_LENGTH else None


def ensure_token(file: Path) -> str:
    """The token, made first when there is none. Processes that start together agree on one."""
    token = read_token(file)
    while token is None:
        _write_once(file)
        token = read_token(file)
    return token


def _write_once(file: Path) -> None:
    """Put a whole token in place unless another process was faster; never half a file."""
    if file.exists() and read_token(file) is None:
        file.unlink(missing_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(_readable_token() + "\n")
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _readable_token() -> str:
    """160 random bits in groups that a person can copy from one screen to another."""
    digits = secrets.token_hex(TOKEN_BYTES)
    return "-".join(digits[i : i + 8] for i in range(0, len(digits), 8))


def remove_token(file: Path) -> None:
    """Setup is finished: the token opens nothing any more."""
    file.unlink(missing_ok=True)


def token_fits(token: str, typed: str) -> bool:
    """Compare in constant time. Dashes, blanks and letter case do not count."""
    return compare_digest(_plain(token).encode(), _plain(typed).encode())


def _plain(text: str) -> str:
    return "".join(text.split()).replace("-", "").lower()


def fingerprint(token: str) -> str:
    """What a browser's session remembers instead of the token itself."""
    return hashlib.sha256(b"novantra setup session " + _plain(token).encode()).hexdigest()
