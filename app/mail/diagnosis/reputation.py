"""Replies about our reputation: our IP address, our sender address, a sandbox's recipients."""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.providers import Family
from app.mail.phases import Phase

_REFUSED = stems(
    "not authori|unauthori|not allow|not permit|not accept|not in whitelist",
    "not whitelist|not in allow|not on allow|not on your|not on the|not in your",
    "not in the|denied|block|reject|banned|blacklist|refus|restricted",
    "not registered|listed",
)

DIRECT = (
    Rule(Code.CLIENT_BLOCKED, words=(("send email directly", "send mail directly"),)),
    Rule(
        Code.SENDER_REJECTED,
        words=(
            ("mail from", "sender"),
            ("not conform", "doesn t conform", "must equal", "must be same", "must be the same"),
        ),
    ),
    # Exim's advice after this names block lists, which are not what it found.
    Rule(Code.SENDER_REJECTED, words=(("sender verify fail",),), replies=("5",)),
)

CLIENT = (
    Rule(
        Code.CONTENT_REJECTED,
        words=(
            ("url", "uri", "link ", "links"),
            stems(
                "listed|block|spam|banned|blacklist|surbl|uribl|dbl",
            ),
        ),
        unless=stems(
            "client|sending ip|your ip|ip address|spamhaus|block list",
        ),
    ),
    Rule(
        Code.CLIENT_BLOCKED,
        words=(
            stems(
                "spamhaus|spamcop|barracuda|sorbs|dnsbl|rbl|cloudmark sender",
                "sender intelligence|block list|blocklist|blacklist|black list|denylist",
                "blocked using|block for spam|banned sending ip|client host|reverse dns",
                "reverse hostname|reverse host|rdns|r dns|ptr |dns ptr|ip name lookup|dynamic ip",
                "residential|bad reputation|poor reputation|low reputation|ip blocked",
                "blocked ip|host blocked",
            ),
        ),
        unless=("sender address", "recipient address", "user in blacklist"),
    ),
    Rule(
        Code.CLIENT_BLOCKED,
        words=(
            stems(
                "ip |ip address|your host|client ip|network|ips ",
            ),
            _REFUSED,
        ),
        unless=("recipient address", "from address", "sender address", "network messages"),
    ),
    # Said to us of us, at whatever command: no recipient has an access or a server of ours.
    Rule(
        Code.CLIENT_BLOCKED,
        words=(
            stems(
                "your access|access to submit|your server|your mail server|your mailserver",
                "your connection|your mta|sending server|sending host|sending mta",
                "connecting server|connecting host|submit messages|submit mail|submitting mail",
            ),
            _REFUSED,
        ),
        unless=stems(
            "recipient address|from address|sender address|sending server s|your server time",
        ),
        phases=(Phase.CONNECT, Phase.GREETING, Phase.MAIL_FROM, Phase.RCPT_TO, Phase.DATA, None),
    ),
    Rule(Code.CLIENT_BLOCKED, status=("7.25",)),
)

SANDBOX = (
    Rule(
        Code.RECIPIENT_UNVERIFIED,
        words=(
            stems(
                "sandbox|testing email|test email|authorized recipient|verified recipient",
                "own email address|recipient is not verified|recipient not verified",
                "unverified recipient|recipients are not verified|trial account|test mode",
                "pending approval",
            ),
        ),
        unless=("activate your",),
    ),
)

SENDER = (
    # Yahoo says this of a From address that is not the login's, not of a recipient.
    Rule(
        Code.SENDER_REJECTED,
        words=(("request failed",), ("mailbox unavailable",)),
        families=(Family.YAHOO,),
    ),
    Rule(
        Code.SENDER_REJECTED,
        words=(
            stems(
                "sender address|sender |senders |mail from|return path|from address",
                "from header|from field|from domain|from email|header from|envelope from",
                "envelope sender|envelope address|send as|sending domain|sender domain",
                "the from|sender name|identity|identities",
            ),
            stems(
                "not verified|unverified|not a verified|not owned|not allow|not permit",
                "not have permission|does not have|not match|not associated|not valid",
                "not a valid|invalid|not authori|unauthori|verify fail|verification fail",
                "not exist|not found|reject|denied|not registered|not register|must match",
                "must be|mismatch|not belong|does not belong|doesn t belong|not your",
                "forbidden|not confirmed|not a sender|not accept|unknown|no mx|unresolvable",
                "not resolve|not recogni|failed the check|not one of|unconfigured",
                "not been valid|not been verif|not been confirm|not validated",
            ),
        ),
        unless=stems(
            "recipient address|not accepted from|mail from command",
            "missing a valid address|no from header|having no from|rfc 5322",
            "invalid mail from|missing|syntax|valid from header|multiple addresses",
        ),
    ),
    Rule(
        Code.SENDER_REJECTED,
        words=(("sender address",), ("fully qualified", "domain name requir")),
    ),
    Rule(Code.SENDER_REJECTED, words=(("not local sender", "invalid dns mx"),)),
    Rule(
        Code.SENDER_REJECTED,
        words=(
            ("domain", "address", "email"),
            stems(
                "not verified|not a verified|unverified|not associated with your|unregistered",
                "not registered|not allowed to send|not owned|verify your domain",
                "not a sender signature|not authorized to send",
            ),
        ),
        unless=("recipient address",),
    ),
    Rule(
        Code.SENDER_REJECTED,
        words=(("not authorized to perform", "to send as", "not allowed to send", "send from"),),
        unless=("send email directly", "recipient address"),
    ),
    Rule(Code.SENDER_REJECTED, status=("1.8",), unless=("outbound", "syntax")),
    Rule(
        Code.SENDER_REJECTED,
        words=(("domain not found", "domain does not exist", "unknown domain", "no such domain"),),
        unless=("recipient", "rcpt"),
        phases=(Phase.MAIL_FROM,),
    ),
)
