"""The address people open: what may be one, and what to warn about."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.mail.hostnames import NoHostName, Why, clean_name

MAXIMUM = 500
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that every machine takes for itself."""
_SAID = {
    Why.CHARACTER: "The host name holds a character that host names cannot.",
    Why.SHAPE: "A host name is made of letters, digits and hyphens, with single dots between.",
    Why.NUMBER: "This looks like an incomplete IP address.",
}


class AccessUrlRefused(ValueError):
    """The text is no usable access URL. The message says why, for the person who typed it."""


@dataclass(frozen=True)
class AccessUrl:
    """``url`` has no trailing slash and an ASCII host; ``warning`` is for people, or ``None``."""

    url: str
    host: str
    warning: str | None


def parse_access_url(text: str) -> AccessUrl:
    """Accept ``http(s)://host[:port]`` and nothing more. Raises :class:`AccessUrlRefused`."""
    text = text.strip()
    if not text:
        raise AccessUrlRefused("Type the address people open, such as https://hr.example.com.")
    if len(text) > MAXIMUM:
        raise AccessUrlRefused(f"Use at most {MAXIMUM} characters.")
    if any(c.isspace() or ord(c) < 0x20 or c in "\\\x7f" for c in text):
        raise AccessUrlRefused("Remove spaces, backslashes and control characters.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AccessUrlRefused("The port must be a number from 1 to 65535.") from None
    if parts.scheme not in {"http", "https"}:
        raise AccessUrlRefused("Start with https:// (or http:// on an internal network).")
    if parts.username is not None or parts.password is not None:
        raise AccessUrlRefused("Leave out the user name and the @.")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise AccessUrlRefused("Leave out everything from ? or # on.")
    if parts.path not in {"", "/"}:
        raise AccessUrlRefused(
            "Leave out the path: Novantra is served from the root of its host name."
        )
    if port == 0:
        raise AccessUrlRefused("The port must be a number from 1 to 65535.")
    host = _host(parts.hostname or "")
    shown = f"[{host}]" if ":" in host else host
    standard = {"http": 80, "https": 443}[parts.scheme]
    suffix = f":{port}" if port and port != standard else ""
    url = f"{parts.scheme}://{shown}{suffix}"
    return AccessUrl(url, host, _warning(parts.scheme, host))


def _host(host: str) -> str:
    if not host:
        raise AccessUrlRefused("A host name is missing after the two slashes.")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return clean_name(host)
    except NoHostName as refused:
        raise AccessUrlRefused(_SAID[refused.why]) from None


def is_public_name(host: str) -> bool:
    """Whether strangers' networks may lie between people and that host."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        private = ("localhost", "internal", "local", "lan", "home", "test", "intranet", "corp")
        return "." in host and host.rpartition(".")[2] not in private


def _warning(scheme: str, host: str) -> str | None:
    if scheme == "http" and is_public_name(host):
        return (
            "Plain http on a public name: passwords and reset links can be read on the way."
            " Use https as soon as you can."
        )
    if host in THIS_MACHINE:
        return "Links in mails will only open on this very machine."
    return None
