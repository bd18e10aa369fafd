"""Replies about the login and the account: missing, impossible, wrong, forbidden, locked."""

from __future__ import annotations

from app.mail.diagnosis.clues import Clues
from app.mail.diagnosis.rules import Rule, first_match, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.phases import Phase

_LOGIN = stems(
    "auth|login|log in|logon|credential|password|username|user name",
)
_OFF = stems(
    "disabled|not enabled|turned off|switched off|not supported|no longer|deactivat",
    "not allowed|blocked|not permitted|not have access|no permission",
)

# What no waiting heals, whatever class the reply has.
_SAID_WRONG = stems(
    "username or password|invalid username|invalid password|wrong password",
    "incorrect password",
)

APP_PASSWORD = (
    Rule(
        Code.AUTH_APP_PASSWORD,
        words=(
            stems(
                "application specific|app specific|app password|application password",
                "applications password|invalid second factor|second factor|two factor|2fa",
                "2 step|authorization code|authorisation code|授权码|parol prilozheniya",
            ),
        ),
    ),
)

BASIC_OFF = (
    Rule(
        Code.AUTH_BASIC_DISABLED,
        words=(
            stems(
                "basic auth|smtp client authentication|client authentication|smtp auth ",
                "smtp access|smtp service|imap smtp|pop3 smtp|pop smtp|legacy auth",
                "less secure|password authentication|password login|smtp is|smtp disabled",
                "smtp client",
            ),
            _OFF,
        ),
        unless=("relay", "plaintext", "tls", "extension"),
    ),
    Rule(
        Code.AUTH_BASIC_DISABLED,
        phases=(Phase.AUTH, Phase.MAIL_FROM, None),
        words=(("access rights to this", "user has no permission"),),
    ),
)

TEMPORARY = (
    Rule(
        Code.AUTH_TEMPORARY,
        replies=("4",),
        words=(_LOGIN,),
        unless=stems(
            "required|sender|not authori|unauthori|recipient|spf",
        )
        + _SAID_WRONG,
    ),
    Rule(
        Code.AUTH_TEMPORARY,
        words=(("temporary authentication", "authentication server", "authentication service"),),
    ),
    Rule(
        Code.AUTH_TEMPORARY,
        replies=("454",),
        phases=(Phase.AUTH,),
        unless=_SAID_WRONG,
    ),
)

REQUIRED = (
    Rule(
        Code.AUTH_REQUIRED,
        words=(
            stems(
                "authentication requir|authentication is requir|authentication needed",
                "authentication first|auth required|auth first|auth command first",
                "authenticate first|authorization required|must authenticate",
                "must be authenticated|must login|must log in|must first|need to authenticate",
                "please authenticate|please login|please log in|requires authentication",
                "requires smtp auth|smtp auth is req|login required|login first|log in first",
                "not authenticated|not been authenticated|not logged in",
                "unauthenticated senders|unauthenticated client|without authentication",
                "no authentication|proper authentication|send auth|use smtp auth",
                "turn on smtp auth|enable smtp auth|smtp authentication is",
            ),
        ),
        unless=stems(
            "mechanism|not required|succeeded|starttls|bad ",
        ),
    ),
)

NOT_OFFERED = (
    Rule(
        Code.AUTH_NOT_OFFERED,
        words=(
            ("auth", "mechanism", "sasl"),
            stems(
                "not enabled|not available|not advertis|not support|unsupported|not offer",
                "unrecogni|not recogni|not implement|unimplement|unknown auth",
                "unknown mechanism|invalid mechanism|invalid authentication mech|no mechanism",
                "mechanism too weak|mechanism is too|not allowed on|not permitted on|when not",
                "no suitable|no compatible|no authentication mech",
            ),
        ),
        unless=("tls", "encrypt", "dkim"),
    ),
)

NOT_OFFERED_BY_NUMBER = (
    Rule(
        Code.AUTH_NOT_OFFERED,
        phases=(Phase.AUTH,),
        replies=("500", "502", "504", "503"),
        unless=("sequence", "already"),
    ),
    # "Mail system status", said of the login before it was looked at.
    Rule(Code.AUTH_NOT_OFFERED, phases=(Phase.AUTH,), replies=("553",), status=("3.0-9",)),
)

WRONG = (
    Rule(
        Code.AUTH_BAD_CREDENTIALS,
        words=(
            _LOGIN,
            stems(
                "fail|invalid|incorrect|unsuccess|bad |wrong|denied|not accept|reject|error",
                "mismatch|unable|not loving|unknown|could not|not recogni|expired|refus",
                "not correct|does not exist",
            ),
        ),
        unless=("address reject", "recipient", "relay"),
        phases=(Phase.AUTH,),
    ),
    Rule(
        Code.AUTH_BAD_CREDENTIALS,
        words=(
            stems(
                "authentication fail|authentication unsuccess|authentication error",
                "authentication credentials inv|authentication data|authentication rejected",
                "authentication denied|auth fail|could not authenticate",
                "failed to authenticate|login fail|login incorrect|login denied|invalid login",
                "invalid credential|invalid user|invalid username|invalid password",
                "bad username|bad credentials|bad login|wrong password|wrong username",
                "incorrect password|incorrect username|incorrect auth|password not accepted",
                "username and password|username or password|user name or password",
                "user or password|login or password|credentials were|credentials are",
                "credentials invalid|password is incorrect|password incorrect",
                "password command failed",
            ),
        ),
        unless=("address reject", "invalid user address"),
    ),
)

WRONG_BY_NUMBER = (
    # Our encoding is right, so what the server cannot decode is an empty or odd user name.
    Rule(Code.AUTH_BAD_CREDENTIALS, replies=("501",), phases=(Phase.AUTH,)),
    Rule(Code.AUTH_BAD_CREDENTIALS, replies=("535",)),
    Rule(Code.AUTH_BAD_CREDENTIALS, status=("7.8",)),
)

_VERDICTS = frozenset({"7.8", "7.9", "7.12", "7.13", "7.14", "7.139"})
"""Enhanced codes of a login that was looked at (RFC 4954 section 6, RFC 3463 section 3.8)."""

_OF_THE_COMMAND = stems(
    "mechanism|auth type|authentication type|authentication method|command|parameter|argument",
    "syntax|base64|decode|not implement|not support|unsupported|unrecogni|not recogni",
)


def speaks_of_credentials(clues: Clues) -> bool:
    """Whether a refusal may be a verdict on user name, password or account.

    What neither speaks of the command nor of anything else is no verdict: then the code counts.
    """
    if clues.status in _VERDICTS:
        return True
    if first_match((*WRONG, *APP_PASSWORD, *BASIC_OFF), clues) is None:
        return clues.says("account", "locked", "suspend", "too many")
    return not clues.says(*_OF_THE_COMMAND)


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
