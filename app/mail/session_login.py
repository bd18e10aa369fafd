"""The conversation of a login: one mechanism, and a second one where the first was not the point.

Wrong passwords lock accounts, so a refusal that may be about the password ends the login. Some
relays offer a mechanism that they cannot do (PLAIN beside LOGIN, most often) and say with their
code that the command, its form or the mechanism was the trouble. Then the next mechanism is tried
once, on the same connection.
"""

from __future__ import annotations

from collections.abc import Callable

from app.mail.diagnosis import is_about_credentials
from app.mail.phases import Phase
from app.mail.replies import MalformedReply, Reply
from app.mail.session_auth import MAX_COMMAND, cram_md5, encoded, plain
from app.mail.session_errors import failures_of
from app.mail.session_errors import refusal as refusal_of
from app.mail.session_talk import Talk
from app.mail.transports.base import TransportError

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
            talk.in_step = False
            break
        else:
            return mechanism
        if not (talk.in_step and says_nothing_of_the_password(refused)):
            break
    if refused is None:
        raise ValueError("there is no mechanism to log in with")
    talk.in_step = talk.in_step and refused.code >= 400
    raise refusal_of(Phase.AUTH, refused, talk.settings.provider)


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
        talk.in_step = False  # it waits for an answer that nobody can give
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
