"""Logging in with an access token: XOAUTH2 and OAUTHBEARER.

One mechanism and never a second one: a relay that refuses a token has understood it, and a password
is not what was asked for. A refused token is told in two steps (a challenge that says so, an answer
with nothing in it, then the refusal), or at once, as Microsoft does.

Sources: RFC 7628; developers.google.com "OAuth 2.0 mechanism for Gmail".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.replies import Reply
from app.mail.smtp.auth import HIDDEN, MAX_COMMAND, encoded, offered
from app.mail.smtp.talk import Talk
from app.mail.transport import TransportError

XOAUTH2, OAUTHBEARER = "XOAUTH2", "OAUTHBEARER"
SPOKEN = (XOAUTH2, OAUTHBEARER)
"""In the order in which they are looked for: Microsoft knows the first alone."""

LONGEST_RESPONSE = 12_288
"""Octets of a response line, its end not counted (RFC 4954 section 4)."""

# What a client answers to the challenge that says that its token was refused: an empty line, or a
# single 0x01 (RFC 7628 section 3.2.3).
_DUMMY = {XOAUTH2: "", OAUTHBEARER: "AQ=="}

# A relay that is shown a token speaks of credentials as if there were a password.
_OF_THE_TOKEN = frozenset(
    {
        FailureCode.AUTH_BAD_CREDENTIALS,
        FailureCode.AUTH_APP_PASSWORD,
        FailureCode.AUTH_REQUIRED,
        FailureCode.OAUTH_REJECTED,
        FailureCode.REJECTED_OTHER,
    }
)


class TokenNotTaken(TransportError):
    """The relay refuses the token itself. Another one may do."""


def mechanism_for(offers: Mapping[str, str]) -> str | None:
    """The one mechanism to use, of those that EHLO offered."""
    there = offered(offers)
    return next((mechanism for mechanism in SPOKEN if mechanism in there), None)


def show_token(talk: Talk, username: str, token: str, mechanism: str) -> None:
    """Log in with ``mechanism``.

    :raises TokenNotTaken: the token was refused; the relay may still be in step.
    :raises TransportError: something else went wrong, or another refusal came.
    """
    response = response_for(mechanism, username, token, talk.settings.host, talk.settings.port)
    if len(response) > LONGEST_RESPONSE:
        raise TransportError(FailureCode.OAUTH_REJECTED, Phase.AUTH)
    talk.hide(token, response)
    command = f"AUTH {mechanism} {response}"
    if len(command) <= MAX_COMMAND:
        reply = talk.say(Phase.AUTH, command, f"AUTH {mechanism} {HIDDEN}")
    else:  # RFC 4954 section 4: then without an initial response
        reply = talk.say(Phase.AUTH, f"AUTH {mechanism}")
        if reply.code == 334:
            reply = talk.say(Phase.AUTH, response, HIDDEN)
    if reply.code == 235:
        return
    said = None
    if reply.code == 334:
        said = _status_in(reply)
        reply = talk.say(Phase.AUTH, _DUMMY[mechanism])
    raise _refusal(talk, reply, said)


def response_for(mechanism: str, username: str, token: str, host: str, port: int) -> str:
    """What the client sends, in base64."""
    if mechanism == XOAUTH2:
        return encoded(f"user={username}\x01auth=Bearer {token}\x01\x01")
    # A saslname (RFC 5801 section 4): "=" first, or the escapes would be escaped.
    name = username.replace("=", "=3D").replace(",", "=2C")
    return encoded(f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01")


def _refusal(talk: Talk, reply: Reply, said: str | None) -> TransportError:
    error = talk.refusal(Phase.AUTH, reply)
    if error.code in _OF_THE_TOKEN:
        code = FailureCode.OAUTH_REJECTED
        if said is not None and (said.startswith("5") or said == "temporarily_unavailable"):
            code = FailureCode.AUTH_TEMPORARY
            return TransportError(code, Phase.AUTH, reply.code, reply.enhanced)
        return TokenNotTaken(code, Phase.AUTH, reply.code, reply.enhanced)
    return error


def _status_in(challenge: Reply) -> str | None:
    """``status`` of the challenge, a number or a word (RFC 7628 section 3.2.2); the rest of it is
    server text and dropped."""
    try:
        values = json.loads(base64.b64decode(challenge.text.strip(), validate=True))
    except (ValueError, RecursionError):
        return None
    status = values.get("status") if isinstance(values, dict) else None
    if isinstance(status, int | str) and len(str(status)) <= 40:
        return str(status)
    return None
