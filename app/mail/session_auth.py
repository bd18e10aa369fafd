"""Logging in with a user name and a password: SASL PLAIN, LOGIN and CRAM-MD5."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from functools import partial

from app.mail.replies import MalformedReply

PREFERRED = ("PLAIN", "LOGIN", "CRAM-MD5")
"""The mechanisms we speak, in the order in which they are tried."""

KNOWN = frozenset(
    {*PREFERRED, "DIGEST-MD5", "EXTERNAL", "GSSAPI", "GSS-SPNEGO", "KERBEROS_V4", "NTLM"}
    | {"OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256"}
    | {"SCRAM-SHA-256-PLUS"}
)
"""Mechanisms whose names may be told: an offer is server text, which could say anything."""

MAX_COMMAND = 510
"""Octets in a command line without its CRLF (RFC 5321 section 4.5.3.1.4)."""

_LONGEST_CHALLENGE = 1024


def offered(offers: Mapping[str, str]) -> frozenset[str]:
    """The mechanisms among what EHLO offered, in capitals, known or not.

    Old servers write ``AUTH=LOGIN`` for ``AUTH LOGIN``; that counts too.
    """
    found = set(offers.get("AUTH", "").upper().split())
    for keyword, parameters in offers.items():
        if keyword.startswith("AUTH="):
            found |= {keyword.removeprefix("AUTH="), *parameters.upper().split()}
    return frozenset(found)


def mechanisms_for(offers: Mapping[str, str]) -> tuple[str, ...]:
    """The mechanisms that are offered and that we speak, the one to begin with first."""
    there = offered(offers)
    return tuple(mechanism for mechanism in PREFERRED if mechanism in there)


def known_offers(offers: Mapping[str, str]) -> tuple[str, ...] | None:
    """The names of offered mechanisms that are safe to show; None where there are only others."""
    there = offered(offers)
    known = tuple(sorted(there & KNOWN))
    return None if there and not known else known


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


def cram_md5(username: str, password: str, challenge: str) -> str:
    """The answer to a CRAM-MD5 challenge, both in base64 (RFC 2195 section 2).

    :raises MalformedReply: the challenge is none.
    """
    try:
        octets = base64.b64decode(challenge[: _LONGEST_CHALLENGE + 1].strip(), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedReply from None
    if not octets or len(challenge) > _LONGEST_CHALLENGE:
        raise MalformedReply
    # MD5 is what the mechanism is made of; systems that otherwise forbid it want to hear that.
    md5 = partial(hashlib.md5, usedforsecurity=False)
    digest = hmac.new(password.encode("utf-8"), octets, md5).hexdigest()
    return encoded(f"{username} {digest}")


def encoded(text: str) -> str:
    """UTF-8 in base64, as SASL over SMTP wants it (RFC 4954 section 4)."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
