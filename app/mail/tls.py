"""How a connection is protected, and the contexts that protect it."""

from __future__ import annotations

import ssl
from enum import StrEnum
from functools import lru_cache
from pathlib import Path


class TlsMode(StrEnum):
    """One word instead of two switches: "neither" and "both" cannot be said with it."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"

    @property
    def words(self) -> str:
        """How a connection is encrypted, as people read it."""
        return _WORDS[self]


_WORDS = {
    TlsMode.NONE: "none",
    TlsMode.STARTTLS: "STARTTLS",
    TlsMode.IMPLICIT: "TLS from the start",
}


def client_context(*, verify: bool = True) -> ssl.SSLContext:
    """A context for TLS 1.2 or newer.

    With ``verify`` the chain and the name are checked against the system's authorities, or those
    that ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name. Without it the line is still encrypted, but
    anybody may be at its other end.
    """
    paths = ssl.get_default_verify_paths()
    return _context(verify, paths.cafile, paths.capath, _changed(paths.cafile))


@lru_cache(maxsize=8)  # reading the authorities takes longer than the handshake
def _context(
    verify: bool, cafile: str | None, capath: str | None, changed: int | None
) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _changed(path: str | None) -> int | None:
    try:
        return Path(path).stat().st_mtime_ns if path else None
    except OSError:
        return None
