"""Logging in with a user name and a password: SASL PLAIN, LOGIN and CRAM-MD5.

One mechanism, and a second one where the first was not the point. Wrong passwords lock accounts,
so a refusal that may be about the password ends the login. Some relays offer a mechanism that
they cannot do (PLAIN beside LOGIN, most often) and say with their code that the command, its form
or the mechanism was the trouble. Then the next mechanism is tried once, on the same connection.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from functools import partial

from app.mail.diagnosis import is_about_credentials
from app.mail.phases import Phase
from app.mail.replies import MalformedReply, Reply
from app.mail.smtp.errors import failures_of
from app.mail.smtp.talk import Talk
from app.mail.transport import TransportError

HIDDEN = "••••"
"""What the transcript shows in the place of a user name or password."""

_OF_THE_COMMAND = frozenset({500, 501, 502, 504})
"""Replies about a command, its parameters or its being there (RFC 5321 section 4.2.2)."""

_TROUBLE_OF_ITS_OWN = 553
"""What some relays answer, with 5.3.z ("mail system status"), to a mechanism they cannot do."""


class _Refused(Exception):
    """The relay's no to a mechanism. Never leaves this module."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.code)
        self.reply = reply


def log_in(talk: Talk, username: str, password: str, mechanisms: tuple[str, ...]) -> str:
    """Logs in with the first of ``mechanisms``, or the second; returns the one that worked.

    :raises TransportError: the relay refuses, or something else went wrong.
    """
    refused: Reply | None = None
    for mechanism in mechanisms[:2]:
        try:
            _MECHANISMS[mechanism](talk, username, password)
        except _Refused as refusal:
            refused = refusal.reply
        except TransportError:
            if refused is None:
                raise
            # Whoever hangs up on the second has said with the first that there is no login.
            talk.lose_step()
            break
        else:
            return mechanism
        if not (talk.in_step and says_nothing_of_the_password(refused)):
            break
    if refused is None:
        raise ValueError("there is no mechanism to log in with")
    raise talk.refusal(Phase.AUTH, refused)


def says_nothing_of_the_password(reply: Reply) -> bool:
    """Whether a refusal is about the mechanism or the command, by its code and by its words."""
    status = (reply.enhanced or "").partition(".")[2]
    if reply.code == _TROUBLE_OF_ITS_OWN:
        return status.startswith("3.") and not is_about_credentials(reply)
    return reply.code in _OF_THE_COMMAND and not is_about_credentials(reply)


def _plain(talk: Talk, username: str, password: str) -> None:
    response = plain(username, password)
    command = f"AUTH PLAIN {response}"
    if len(command) > MAX_COMMAND:  # RFC 4954 section 4: then without an initial response
        _ask(talk, 334, "AUTH PLAIN")
        _ask(talk, 235, response, HIDDEN)
    else:
        _ask(talk, 235, command, f"AUTH PLAIN {HIDDEN}")


def _login(talk: Talk, username: str, password: str) -> None:
    _ask(talk, 334, "AUTH LOGIN")
    _ask(talk, 334, encoded(username), HIDDEN)
    _ask(talk, 235, encoded(password), HIDDEN)


def _cram_md5(talk: Talk, username: str, password: str) -> None:
    challenge = _ask(talk, 334, "AUTH CRAM-MD5")
    try:
        answer = cram_md5(username, password, challenge.text)
    except MalformedReply as error:
        talk.lose_step()  # it waits for an answer that nobody can give
        with failures_of(Phase.AUTH, talk.settings.provider):
            raise error
    _ask(talk, 235, answer, HIDDEN)


def _ask(talk: Talk, code: int, command: str, shown: str | None = None) -> Reply:
    reply = talk.say(Phase.AUTH, command, shown)
    if reply.code != code:
        raise _Refused(reply)
    return reply


_MECHANISMS: dict[str, Callable[[Talk, str, str], None]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
}


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
