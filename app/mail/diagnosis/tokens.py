"""Texts about OAuth: what a token endpoint or a SASL bearer exchange answers."""

from __future__ import annotations

import re

from app.mail.diagnosis.clues import Clues
from app.mail.diagnosis.rules import Rule, first_match, stems
from app.mail.failures.codes import FailureCode as Code

# The challenge after a refused bearer token (RFC 7628 section 3.2.2): {"status":"4 in base64.
_REFUSED_BEARER = "eyJzdGF0dXMiOiI0"

_ENTRA = re.compile(r"aadsts(\d{5,9})")

# Error numbers of Microsoft's sign-in service whose meaning is another than "registration refused".
_ENTRA_MEANINGS = {
    **dict.fromkeys((50034, 50055, 50056, 50126), Code.AUTH_BAD_CREDENTIALS),
    **dict.fromkeys((50053, 50057, 50128, 90072), Code.ACCOUNT_BLOCKED),
    **dict.fromkeys(
        (50005, 50072, 50074, 50076, 50079, 50097, 50105, 50158, 53000, 53001, 53002, 53003),
        Code.AUTH_POLICY,
    ),
    **dict.fromkeys((53004, 53009, 53011, 530031, 530032, 530034), Code.AUTH_POLICY),
    **dict.fromkeys((50000, 50020001, 90010004, 90033, 90055), Code.AUTH_TEMPORARY),
    50196: Code.RATE_LIMITED,
}

_WORDS = (
    Rule(Code.AUTH_TEMPORARY, words=(("temporarily unavailable",), ("oauth", "token"))),
    Rule(
        Code.OAUTH_REJECTED,
        words=(
            stems(
                "invalid grant|invalid client|unauthorized client|invalid scope|invalid token",
                "token is invalid|token expired|token has expired|expired token|token revoked",
                "interaction required|consent required|client assertion|unsupported grant",
                "new access token|app registration|service principal",
            ),
        ),
        unless=("authorization grant", "server token", "api token", "smtp token"),
    ),
    Rule(
        Code.OAUTH_REJECTED,
        words=(
            stems(
                "oauth|xoauth2|access token|refresh token|bearer|oauthbearer",
            ),
            stems(
                "invalid|fail|reject|refus|expired|revoked|unsuccess|denied",
            ),
        ),
        unless=stems(
            "not support|unsupported|unrecogni|mechanism|timed out",
        ),
    ),
    Rule(Code.OAUTH_REJECTED, words=(("mailbox logon failure", "exception logon failed"),)),
)


def token_failure(clues: Clues) -> Code | None:
    """The code of a text that speaks of tokens or app registrations, if it does."""
    if match := _ENTRA.search(clues.words):
        return _ENTRA_MEANINGS.get(int(match[1]), Code.OAUTH_REJECTED)
    if _REFUSED_BEARER in clues.raw:
        return Code.OAUTH_REJECTED
    return first_match(_WORDS, clues)
