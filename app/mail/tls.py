"""How a connection is protected, and the contexts that protect it."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from app.mail.trust import USUAL, Authorities, Trust


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


def client_context(trust: Trust = USUAL) -> ssl.SSLContext:
    """A context for TLS 1.2 or newer: the one way in which connections are protected.

    The chain and the name are checked against the authorities of ``trust``; those of the system
    are what ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name where they are set. Pins are for
    :func:`app.mail.trust.peer.confirm` to look at, after the handshake. Where they stand in place
    of authorities, and without ``verify``, the handshake encrypts and checks nothing.

    One context serves every connection with the same trust, and none with another.
    """
    paths = ssl.get_default_verify_paths()
    return _context(trust, paths.cafile, paths.capath, _changed(paths.cafile))


@lru_cache(maxsize=8)  # reading the authorities takes longer than the handshake
def _context(
    trust: Trust, cafile: str | None, capath: str | None, changed: int | None
) -> ssl.SSLContext:
    own = trust.certificates or None
    if trust.authorities is Authorities.OWN and own:
        context = ssl.create_default_context(cadata=own)  # which leaves the system's out
    elif trust.authorities is Authorities.OWN:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = ssl.create_default_context()
        if trust.authorities is Authorities.SYSTEM_AND_OWN and own:
            context.load_verify_locations(cadata=own)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python 3.13 sets both, earlier ones neither. Whatever is trusted may end a chain: an authority
    # in the middle, or the relay's own certificate. And authorities made at home often lack what
    # RFC 5280 asks of public ones, which makes no forgery easier.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not trust.verify or trust.by_pin_alone:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if trust.client_certificate and trust.client_key is not None:
        pem = trust.client_certificate + trust.client_key.reveal()
        with _readable(pem.encode()) as path:
            context.load_cert_chain(path, password="")  # or OpenSSL asks for one at the terminal
    return context


@contextmanager
def _readable(octets: bytes) -> Iterator[str]:
    """A path that the octets can be read from while the block lasts.

    They are in memory alone where there is a system call for that, which Linux has; elsewhere in a
    file that nobody else can read, gone with the block.
    """
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        descriptor = os.memfd_create("novantra", os.MFD_CLOEXEC)
        path = f"/proc/self/fd/{descriptor}"
    else:
        descriptor, path = tempfile.mkstemp(prefix="novantra-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            yield path
    finally:
        if not path.startswith("/proc/"):
            Path(path).unlink(missing_ok=True)


def _changed(path: str | None) -> int | None:
    try:
        return Path(path).stat().st_mtime_ns if path else None
    except OSError:
        return None
