"""What single services say in a way of their own; it is asked before everything else.

Amazon SES lists identities without telling whether they send or receive, token endpoints and SASL
bearer exchanges answer about tokens, and Microsoft's enhanced codes have meanings of their own.
"""

from __future__ import annotations

import re

from app.mail.diagnosis.clues import Clues
from app.mail.diagnosis.rules import Rule, first_match, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.sign_in_numbers import ENTRA

_MARK = "failed the check in region"
_ADDRESS = re.compile(r"[^\s<>,:;\"']{1,64}@[^\s<>,:;\"']{1,255}")
_LONGEST_LIST = 2000


def unverified_identity(clues: Clues) -> Code | None:
    """Sender or recipient, for a reply that lists unverified identities; otherwise None.

    A sender that the caller names decides. Without it the form of the list does: SES gives the
    From header as it stands in the message ("Name <address>") and the envelope sender once more,
    while a recipient that the sandbox refuses appears alone and bare.
    """
    lowered = clues.raw.casefold()
    at = lowered.find(_MARK)
    if at < 0:
        return None
    listed = lowered[at + len(_MARK) : at + len(_MARK) + _LONGEST_LIST]
    addresses = [found.rstrip(".") for found in _ADDRESS.findall(listed)]
    if clues.sender is not None and addresses:
        return Code.SENDER_REJECTED if clues.sender in addresses else Code.RECIPIENT_UNVERIFIED
    alone = len(addresses) == 1 and "<" not in listed
    return Code.RECIPIENT_UNVERIFIED if alone else Code.SENDER_REJECTED


# The challenge after a refused bearer token (RFC 7628 section 3.2.2): {"status":"4 in base64.
_REFUSED_BEARER = "eyJzdGF0dXMiOiI0"

_ENTRA = re.compile(r"aadsts(\d{5,9})")

_TOKEN_WORDS = (
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


def sign_in_number(clues: Clues) -> str | None:
    """Microsoft's number for a refused sign-in, as "AADSTS700016", if the text names one."""
    match = _ENTRA.search(clues.words)
    return f"AADSTS{match[1]}" if match else None


def token_failure(clues: Clues) -> Code | None:
    """The code of a text that speaks of tokens or app registrations, if it does."""
    if match := _ENTRA.search(clues.words):
        return ENTRA.get(int(match[1]), Code.OAUTH_REJECTED)
    if _REFUSED_BEARER in clues.raw:
        return Code.OAUTH_REJECTED
    return first_match(_TOKEN_WORDS, clues)


MICROSOFT = (
    # 5.7.139 stands for several refusals of a login; only its words tell them apart.
    Rule(Code.AUTH_BAD_CREDENTIALS, status=("7.139",), words=(("credentials", "password"),)),
    Rule(
        Code.AUTH_POLICY,
        status=("7.139",),
        words=(("policy", "policies", "criteria", "conditional", "security defaults", "risk"),),
        unless=("policy is disabled",),
    ),
    Rule(
        Code.AUTH_BASIC_DISABLED,
        status=("7.139",),
        words=(("client authentication", "basic auth"), ("disabled", "not ", "blocked")),
    ),
    Rule(
        Code.ACCOUNT_BLOCKED,
        status=("7.139",),
        words=(("disabled", "locked", "blocked", "suspend", "expired", "license"),),
    ),
    Rule(Code.AUTH_POLICY, status=("7.139",)),
    Rule(Code.AUTH_BASIC_DISABLED, status=("7.30",), words=(("basic auth",),)),
    # 5.7.57 quotes the refusal of the login that came before, if there was one.
    Rule(
        Code.AUTH_BASIC_DISABLED,
        status=("7.57",),
        words=(("client authentication", "basic auth"), ("disabled",)),
    ),
    Rule(Code.AUTH_REQUIRED, status=("7.57",)),
    Rule(Code.SENDER_REJECTED, status=("7.60", "2.252", "7.750")),
    Rule(Code.RELAY_DENIED, status=("7.54", "7.64", "7.68")),
    Rule(Code.ACCOUNT_BLOCKED, status=("7.501-503", "7.700-702", "7.704-707")),
    Rule(Code.ACCOUNT_BLOCKED, status=("1.8",), words=(("outbound", "outgoing"),)),
    Rule(Code.EHLO_REJECTED, status=("7.506",)),
    Rule(Code.RATE_LIMITED, status=("7.508",)),
    Rule(Code.SENDER_UNAUTHENTICATED, status=("7.509", "7.515")),
    Rule(Code.CLIENT_BLOCKED, status=("7.511", "7.513", "7.606-649", "7.708")),
    Rule(Code.CONTENT_REJECTED, status=("7.512",)),
    Rule(Code.RECIPIENT_REJECTED, status=("7.504-505", "7.507", "7.510", "7.703")),
    Rule(Code.RECIPIENT_REJECTED, status=("7.12", "7.123-124", "7.129-137", "7.193")),
    Rule(Code.QUOTA_EXCEEDED, status=("1.90", "7.232-233", "7.236")),
    # Outlook.com wants a person to sign in and confirm that it is no robot that sends.
    Rule(Code.ACCOUNT_BLOCKED, words=(("sign in to your", "continue sending"),)),
    # Exceptions of the mailbox store, whatever code they come with.
    Rule(Code.QUOTA_EXCEEDED, words=(("submission quota",),)),
    Rule(Code.MESSAGE_TOO_LARGE, words=(("max submission exceeded", "submission exceeded exc"),)),
    Rule(Code.SENDER_REJECTED, words=(("send as denied",),)),
    Rule(Code.ACCOUNT_BLOCKED, words=(("outbound spam exception", "wascl"),)),
    Rule(Code.RECIPIENT_TEMPORARY, words=(("recipient thread limit",),)),
    Rule(
        Code.RECIPIENT_REJECTED,
        words=(("resolver rst", "resolver adr"),),
        unless=("size", "limit"),
    ),
)
