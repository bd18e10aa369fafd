"""Replies about where a message comes from: our greeting, our address, our domain, our relay."""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.providers import Family
from app.mail.phases import Phase

GREETING_FIRST = (
    Rule(Code.PROTOCOL_ERROR, words=(("protocol violation",),)),
    # A server that wants to be greeted first: we did, so it did not take our greeting for one.
    Rule(
        Code.EHLO_REJECTED,
        words=(
            stems(
                "hello first|helo first|ehlo first|helo ehlo first|say helo",
            ),
        ),
    ),
)

GREETING = (
    # Whoever introduces itself with the relay's own name or address is taken for a forger.
    Rule(
        Code.EHLO_REJECTED,
        words=(
            stems(
                "is my address|is my ip|is my name|is my host|is my own|is our own|s my name",
                "one of my address|are not me|host impersonat|impersonating",
            ),
        ),
    ),
    Rule(
        Code.EHLO_REJECTED,
        words=(
            ("helo", "ehlo"),
            stems(
                "invalid|reject|need fully|syntactically|not valid|bad |not fully|malform",
                "illegal|does not|must |name contains|impersonat|forg|mismatch",
                "closing connection|refus|not resolve|unacceptable|ip address",
            ),
        ),
        unless=stems(
            "for relay|must precede|sequence|already|spamhaus",
        ),
    ),
    Rule(
        Code.EHLO_REJECTED,
        replies=("501", "504"),
        words=(("invalid domain", "invalid host", "fully qualified host", "domain name"),),
        unless=("sender address", "recipient address"),
    ),
    Rule(
        Code.EHLO_REJECTED,
        replies=("501", "504", "550", "553"),
        phases=(Phase.GREETING,),
        words=(
            stems(
                "domain|host|argument|address|syntax|parameter|name",
            ),
            stems(
                "invalid|syntax|need|bad|malform|illegal|not |reject",
            ),
        ),
        unless=("blocked", "blacklist", "listed", "ip address"),
    ),
    Rule(Code.EHLO_REJECTED, replies=("501",), phases=(Phase.GREETING,)),
    Rule(Code.EHLO_REJECTED, replies=("501",), words=(("syntax helo", "syntax ehlo"),)),
    # 5.5.4 is about a command's argument. Address trouble has codes of its own (5.1.x).
    Rule(
        Code.EHLO_REJECTED,
        replies=("501",),
        status=("5.4",),
        words=(("invalid address", "invalid argument", "invalid domain", "invalid command arg"),),
        phases=(Phase.GREETING, None),
    ),
    # Google's relay hangs up on a greeting such as "localhost" and only says "try again later".
    Rule(
        Code.EHLO_REJECTED,
        replies=("421",),
        status=("7.0",),
        phases=(Phase.GREETING,),
        families=(Family.GOOGLE,),
        words=(("try again later",), ("closing connection",)),
    ),
)

DOMAIN = (
    # Google counts mail by DKIM domain and by SPF domain, too.
    Rule(Code.RATE_LIMITED, status=("7.28",), words=(("unusual rate", "rate limited"),)),
    # RFC 7505: the sender's domain says that it takes no mail at all.
    Rule(Code.SENDER_REJECTED, status=("7.27",), words=(("null mx", "nullmx", "no mail"),)),
    Rule(
        Code.SENDER_UNAUTHENTICATED,
        words=(
            stems(
                "spf|dkim|dmarc|sender policy framework|domainkey",
            ),
        ),
        unless=("duplicate header",),
    ),
    Rule(
        Code.SENDER_UNAUTHENTICATED,
        words=(
            stems(
                "sender is unauthenticated|unauthenticated email from|unauthenticated mail",
                "authentication checks|spoof|domain authentication|sender authentication fail",
            ),
        ),
        unless=("unauthenticated senders",),
    ),
    Rule(Code.SENDER_UNAUTHENTICATED, status=("7.20-24", "7.26-27", "7.32")),
)

_RELAYING = ("relay", "relaying")

RELAY = (
    Rule(Code.RELAY_DENIED, words=(("credentials for relay", "mail relay denied"),)),
    Rule(
        Code.AUTH_REQUIRED,
        words=(
            _RELAYING,
            stems(
                "authentication requir|authentication is requir|auth required",
                "must authenticat|authenticate first|requires authentication|without auth",
                "please authenticate|need to authenticate|log in|login",
            ),
        ),
        unless=("smtp auth to",),
    ),
    Rule(Code.SENDER_REJECTED, words=(("relaying disallowed",),)),
    Rule(
        Code.RELAY_DENIED,
        words=(
            _RELAYING,
            stems(
                "denied|denies|deny|not permitted|not allow|unable|prohibit|refus|cannot",
                "can t|not authori|unauthori|disallow|forbidden|do not|don t|not configured",
                "not been|no relay|reject|is not|not relay",
            ),
        ),
        unless=("relay limit",),
    ),
    Rule(
        Code.RELAY_DENIED,
        words=(
            stems(
                "rcpthosts|not a gateway|not local host|non accepted domain",
                "delivery is not allowed|cannot deliver mail for",
            ),
        ),
    ),
)
