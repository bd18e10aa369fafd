"""What reverse proxies write into a request, and what it means when nobody said to believe it.

Forwarding headers count for nothing until ``NOVANTRA_TRUSTED_PROXIES`` says how many proxies
stand in front. An install behind a proxy that was not told so still works, but everybody then
comes from the proxy's address: one stranger's wrong guesses keep everybody out. The other way
round, a number that is too high leaves everybody with that one address as well.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
from dataclasses import dataclass, field

from flask import Flask, current_app, request

from app.runtime import EXTENSION as RUNTIME
from app.runtime import Runtime, runtime

EXTENSION = "novantra.proxies"
# RFC 7239, RFC 9110 section 7.6.3, and what proxies and content networks write besides.
_NAMES = frozenset(
    {"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"}
)
_PREFIX = "x-forwarded"

log = logging.getLogger("novantra.web")


@dataclass
class Sightings:
    """Who forwarded requests here although no proxy is trusted: the peer's address, once seen."""

    peer: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def first(self, peer: str) -> bool:
        """Remember this peer unless there is one already. Says whether it is the first."""
        with self.lock:
            if self.peer is None:
                self.peer = peer
                return True
            return False


def forwarding_headers() -> list[str]:
    """The names of the request's headers that only a proxy writes, as they were written."""
    return sorted(
        name
        for name in request.headers.keys()  # noqa: SIM118 - pairs, not a dictionary
        if name.lower() in _NAMES or name.lower().startswith(_PREFIX)
    )


def peer() -> str:
    """Who is at the other end of the connection, whatever the headers say. Empty if unknown."""
    found = request.environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR")
    return str(found or request.environ.get("REMOTE_ADDR") or "")


def unbelieved_proxy() -> str | None:
    """The address of a proxy that nobody told Novantra to believe, or ``None``.

    This very request counts, whoever sent it; another one only when it came from this machine or
    a private network, where proxies stand: a stranger may write such headers for fun.
    """
    if runtime().config.trusted_proxies:
        return None
    if forwarding_headers():
        return peer() or "an unknown address"
    return _sightings().peer


def missing_proxy() -> str | None:
    """Why this request's client is unknown although proxies are trusted, or ``None``."""
    trusted = runtime().config.trusted_proxies
    if not trusted:
        return None
    named = [part for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if len(named) >= trusted:
        return None
    return f"X-Forwarded-For names {len(named)}" if named else "X-Forwarded-For is missing"


def _sightings() -> Sightings:
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Sightings)
    return found


def _notice() -> None:
    """Remember, and log once, that a proxy stands there. Decides nothing about the request."""
    names, address = forwarding_headers(), peer()
    if not names or not _is_near(address) or not _sightings().first(address):
        return
    log.warning(
        "requests arrive through a proxy that is not trusted, so all of them count as one client:"
        " set NOVANTRA_TRUSTED_PROXIES to the number of proxies",
        extra={"headers": ", ".join(names), "proxy": address},
    )


def _is_near(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def init_app(app: Flask) -> None:
    app.extensions[EXTENSION] = Sightings()
    found = app.extensions[RUNTIME]
    assert isinstance(found, Runtime)
    if not found.config.trusted_proxies:
        app.before_request(_notice)
