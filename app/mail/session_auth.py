"""Logging in with a user name and a password: SASL PLAIN and LOGIN."""

from __future__ import annotations

import base64
from collections.abc import Mapping

PREFERRED = ("PLAIN", "LOGIN")
"""The mechanisms we speak, the better one first."""

MAX_COMMAND = 510
"""Octets in a command line without its CRLF (RFC 5321 section 4.5.3.1.4)."""


def mechanism_for(offers: Mapping[str, str]) -> str | None:
    """The mechanism to use, given what EHLO offered; None if there is none we speak.

    Old servers write ``AUTH=LOGIN`` for ``AUTH LOGIN``; that counts too.
    """
    offered = set(offers.get("AUTH", "").upper().split())
    for keyword, parameters in offers.items():
        if keyword.startswith("AUTH="):
            offered |= {keyword.removeprefix("AUTH="), *parameters.upper().split()}
    return next((mechanism for mechanism in PREFERRED if mechanism in offered), None)


def credential_problem(text: str) -> str | None:
    """Why ``text`` cannot be a user name or password, in plain words, or None if it can.

    Any letters of any script are fine: they travel as UTF-8 (RFC 4616 section 2).
    """
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "It contains a line break or another control character. Paste it again without."
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "It contains a character that cannot be sent. Type it again."
    return None


def plain(username: str, password: str) -> str:
    """The PLAIN message (RFC 4616 section 2), in base64."""
    return encoded(f"\0{username}\0{password}")


def encoded(text: str) -> str:
    """UTF-8 in base64, as SASL over SMTP wants it (RFC 4954 section 4)."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
