"""Enhanced codes that Exchange Online and Exchange Server give a meaning of their own.

Source: the vendor's tables of non-delivery and SMTP errors. Details from .500 on, and the
three-digit ones around .1xx and .2xx, are not assigned by the IANA registry, so they need no
provider to be understood.
"""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule
from app.mail.failures.codes import FailureCode as Code

REPLIES = (
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
