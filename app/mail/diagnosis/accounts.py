"""Replies about the account: blocked by the provider, or kept out by a security policy."""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.phases import Phase

# What is disabled may be somebody else's: that must not hold everybody's mail.
_OTHERS = ("mailbox", "recipient", "addressee", "tried to reach")

ACCOUNT = (
    # RFC 3463 sections 3.2 and 3.3: these details are about the mailbox that mail goes to.
    Rule(
        Code.RECIPIENT_REJECTED,
        replies=("5",),
        status=("1.1", "1.6", "2.1"),
        words=(("account", "user ", "mailbox", "customer"),),
        phases=(Phase.RCPT_TO, Phase.DATA, None),
    ),
    Rule(
        Code.ACCOUNT_BLOCKED,
        words=(
            stems(
                "account|user |tenant|subscription|customer|organization|sending",
                "outgoing|outbound|license|licence|domain|sender|credential|api key",
            ),
            stems(
                "suspend|disabled|blocked|is locked|been locked|locked out|account locked",
                "deactivat|inactive|not active|not yet activ|not activ|unactivated|frozen",
                "restricted|terminat|on hold|banned|not subscribed|unlicensed|not licensed",
                "paused|under review|compromised|been closed|not approved|pending approval",
                "unusual sending|expired|activate your|not been activ",
            ),
        ),
        unless=stems(
            "tried to reach|recipient|local mailbox|mailbox unavailable|this message",
            "this mail|the message|your message|client host|ip address|your ip",
            "password expired|password has expired|blocked using|authorization grant",
            "addressee|rate limit|spamhaus|license expired|this user",
        ),
        phases=(Phase.AUTH, Phase.MAIL_FROM, Phase.DATA, Phase.GREETING),
    ),
    # A mailbox is ours only as long as no recipient has been named.
    Rule(
        Code.ACCOUNT_BLOCKED,
        words=(
            ("mailbox",),
            ("suspend", "disabled", "blocked", "is locked", "been locked", "unlicensed"),
        ),
        unless=("mailbox unavailable",),
        phases=(Phase.AUTH, Phase.MAIL_FROM),
    ),
    Rule(
        Code.ACCOUNT_BLOCKED,
        words=(
            stems(
                "account suspend|account has been|account is suspend|account is block",
                "account is lock|account disabled|your account|this account|smtp account",
                "sending paused|sending suspend|sending is disabled|outgoing blocked",
                "unusual sending|not subscribed|account is not activ|account not activ",
                "account under review|account is under",
            ),
            stems(
                "suspend|disabled|block|lock|paused|activ|closed|terminat|detected|subscribed",
                "restrict|review",
            ),
        ),
        unless=("tried to reach", "recipient", "not associated"),
    ),
    Rule(
        Code.ACCOUNT_BLOCKED,
        words=(("disabled by user", "disabled by the user"),),
        unless=_OTHERS,
        phases=(Phase.AUTH, Phase.MAIL_FROM, Phase.DATA, None),
    ),
    Rule(Code.ACCOUNT_BLOCKED, words=(("activate your",), ("account",))),
    # Only the service itself sends people to its support; a recipient's server does not.
    Rule(
        Code.ACCOUNT_BLOCKED,
        words=(
            ("is disabled", "been disabled", "suspended"),
            ("contact support", "contact customer", "contact our support"),
        ),
        unless=_OTHERS,
        phases=(Phase.AUTH, Phase.MAIL_FROM, Phase.DATA, None),
    ),
    Rule(Code.ACCOUNT_BLOCKED, status=("7.13",), replies=("525", "535")),
)

POLICY = (
    Rule(
        Code.AUTH_POLICY,
        phases=(Phase.AUTH,),
        words=(
            stems(
                "policy|policies|conditional access|criteria|security defaults|suspicious",
                "unusual|risk|web browser|web login|verify your identity|unrecognized device",
                "location|country|geo|signin continue",
            ),
        ),
    ),
    Rule(
        Code.AUTH_POLICY,
        words=(("meet the criteria", "conditional access", "your web browser", "web login req"),),
    ),
    Rule(Code.AUTH_POLICY, status=("7.14",), replies=("534",)),
)
