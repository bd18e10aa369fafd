"""One rule for host names, whatever they are typed for; what to say about them is the caller's."""

from __future__ import annotations

import re
from enum import Enum

import idna

MAXIMUM = 253
"""Octets in a host name (RFC 1035 section 2.3.4, without the root's)."""

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_LABEL_IN_DNS = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*")


class Why(Enum):
    """What is wrong with a text that is no host name."""

    CHARACTER = "character"
    """A character beyond ASCII that no name can have (IDNA 2008)."""
    SHAPE = "shape"
    """Other than letters, digits and hyphens with single dots between, or too long."""
    NUMBER = "number"
    """It ends like a number: resolvers read 1.2.3 or 0x7f000001 as an address, each in a way of
    its own."""


class NoHostName(ValueError):
    """``why`` is for the caller, who knows what the name was typed for."""

    def __init__(self, why: Why) -> None:
        super().__init__(f"no host name: {why.value}")
        self.why = why


def clean_name(text: str, *, underscores: bool = False) -> str:
    """A host name in its one form: ASCII (IDNA 2008), small letters, no dot at the end.

    :param underscores: whether labels may hold them: DNS allows it and some relays are called so,
        but no name in SMTP or in a URL has one (RFC 5321 section 4.1.2, RFC 3986 section 3.2.2)
    :raises NoHostName: it is none; an IP address is none either
    """
    name = text.removesuffix(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except idna.IDNAError:
            raise NoHostName(Why.CHARACTER) from None
    labels, allowed = name.split("."), _LABEL_IN_DNS if underscores else _LABEL
    if len(name) > MAXIMUM or not all(allowed.fullmatch(label) for label in labels):
        raise NoHostName(Why.SHAPE)
    if _NUMERIC.fullmatch(labels[-1]):
        raise NoHostName(Why.NUMBER)
    return name
