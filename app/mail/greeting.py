"""The name under which we introduce ourselves to relays (RFC 5321 sections 2.3.5 and 4.1.3)."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from app.mail.addresses import domain_of
from app.mail.hostnames import NoHostName, Why, clean_name

MAXIMUM = 255
"""Octets of a domain (RFC 5321 section 4.5.3.1.2)."""

_LITERAL = re.compile(r"\[(?P<tag>IPv6:)?(?P<address>[0-9A-Fa-f:.]+)\]", re.IGNORECASE)
_THIS_MACHINE = ("localhost", "localhost.localdomain")
_SAID = {
    Why.CHARACTER: "It holds a character that host names cannot have.",
    Why.SHAPE: "Type a host name such as mail.example.com, made of letters, digits and hyphens.",
    Why.NUMBER: "This looks like an incomplete IP address. Type a host name.",
}


class GreetingRefused(ValueError):
    """The text is no name to greet with. The message says why, for whoever typed it."""


def clean_greeting(text: str) -> str:
    """A host name or an address literal in its one form.

    :raises GreetingRefused: it is neither.
    """
    text = text.strip()
    if text.startswith("[") or text.endswith("]"):
        return _clean_literal(text)
    try:
        bare = ip_address(text)
    except ValueError:
        return _clean_name(text)
    raise GreetingRefused(f"An IP address is written in brackets here: {address_literal(bare)}.")


def derived_greeting(access_host: str | None, sender_address: str) -> str:
    """The access URL's host, or the sender's domain where that host is no full name.

    Large relays turn away clients that call themselves localhost, and others want a dot in the
    name: an install that is only known to its own network uses its sender's domain.
    """
    host = (access_host or "").strip("[]").rstrip(".")
    domain = domain_of(sender_address)
    try:
        address = ip_address(host)
    except ValueError:
        full = "." in host and host.lower() not in _THIS_MACHINE
        return host if full else domain or host or "localhost"
    return domain if address.is_loopback and domain else address_literal(address)


def address_literal(address: IPv4Address | IPv6Address) -> str:
    """An IP address as RFC 5321 section 4.1.3 writes it."""
    return f"[IPv6:{address}]" if isinstance(address, IPv6Address) else f"[{address}]"


def _clean_literal(text: str) -> str:
    found = _LITERAL.fullmatch(text)
    try:
        address = ip_address(found["address"]) if found else None
    except ValueError:
        address = None
    if found is None or address is None or bool(found["tag"]) != isinstance(address, IPv6Address):
        raise GreetingRefused(
            "An address in brackets is written like [192.0.2.1] or [IPv6:2001:db8::1]."
        )
    return address_literal(address)


def _clean_name(text: str) -> str:
    try:
        return clean_name(text)
    except NoHostName as refused:
        raise GreetingRefused(_SAID[refused.why]) from None
