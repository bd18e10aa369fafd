"""Replies about one recipient or one message; last, about the conversation: its order, its end."""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.providers import Family
from app.mail.phases import Phase

ADDRESS_WORDS = (
    Rule(
        Code.ADDRESS_INVALID,
        words=(
            stems(
                "bad address syntax|address syntax|syntactically invalid address",
                "malformed address|invalid mail from|invalid rcpt to|not a valid rfc",
                "valid rfc 5321|rfc 5321 address|rfc 821 address|final domain|local part",
                "local address contains|domain contains|domain starts with|domain ends with",
                "illegal address|smtputf8|internationalized|internationalised|non ascii",
                "angle brackets|unable to parse|can t parse|cannot parse",
            ),
        ),
        unless=("header", "helo", "ehlo", "out of sequence"),
    ),
)

ADDRESS = (
    Rule(Code.ADDRESS_INVALID, status=("1.3", "1.7", "6.7")),
    Rule(
        Code.ADDRESS_INVALID,
        replies=("501", "553", "555", "504"),
        words=(
            stems(
                "address|mailbox|recipient|syntax|sender|parameter|argument",
            ),
            stems(
                "invalid|syntax|malform|illegal|not valid|unrecogni|bad|fully qualified",
                "not a valid|not allowed",
            ),
        ),
        phases=(Phase.MAIL_FROM, Phase.RCPT_TO),
    ),
    Rule(
        Code.ADDRESS_INVALID,
        replies=("501", "553", "555"),
        words=(("address", "mailbox", "recipient"), ("invalid", "syntax", "malform", "illegal")),
    ),
    Rule(Code.ADDRESS_INVALID, replies=("555",)),
)

# Before RCPT TO no recipient has been named: what sounds like one is about the sender or the login.
_NAMED = (Phase.RCPT_TO, Phase.DATA, None)

RECIPIENT = (
    Rule(
        Code.RECIPIENT_REJECTED,
        replies=("5",),
        words=(("recipient address reject", "tried to reach"),),
        unless=("spam", "virus", "content", "policy restrictions"),
    ),
    Rule(
        Code.RECIPIENT_TEMPORARY,
        words=(
            stems(
                "greylist|graylist|grey list|gray list|greylisting|postgrey",
                "verification in progress|recipient temporarily|mailbox temporarily",
                "mailbox busy|mailbox is busy|mailbox locked",
            ),
        ),
    ),
    Rule(
        Code.RECIPIENT_REJECTED,
        replies=("5",),
        phases=_NAMED,
        words=(
            stems(
                "recipient|rcpt|mailbox|user |users|addressee|account|address|customer|person",
            ),
            stems(
                "unknown|not exist|doesn t exist|not found|no such|reject|unavailable",
                "disabled|inactive|invalid|undeliverable|undelivered|not our|unallocated",
                "no longer|not be delivered|cannot be delivered|not deliver|not local",
                "not a local|not be found|not accept|doesn t have|does not have|not have",
                "unrouteable|unroutable|not in recipient|blocked|not available|not known",
                "denied|discontinued|expired|suspended|not valid|not a valid|misspelled",
                "unable to accept",
            ),
        ),
        unless=stems(
            "spam|virus|content|header|policy restrictions|from ip",
        ),
    ),
    Rule(
        Code.RECIPIENT_REJECTED,
        replies=("5",),
        phases=_NAMED,
        words=(
            stems(
                "no such user|user unknown|unknown user|no mailbox here|rejected by recipient",
                "rejected by destination|envelope blocked|administrative prohibition",
                "suppression list|unrouteable|unroutable",
            ),
        ),
    ),
    Rule(
        Code.RECIPIENT_REJECTED,
        replies=("5",),
        phases=_NAMED,
        status=stems(
            "1.1|1.2|1.4|1.6|1.10|2.1|4.1|4.4|4.310",
        ),
    ),
    Rule(
        Code.RECIPIENT_TEMPORARY,
        replies=("4",),
        phases=_NAMED,
        words=(
            ("recipient", "rcpt", "mailbox", "addressee"),
            stems(
                "reject|unavailable|unknown|not found|invalid|unverified|verif|restricted",
                "defer|refus|fail|try again",
            ),
        ),
        unless=("configuration", "lookup fail"),
    ),
    Rule(
        Code.RECIPIENT_TEMPORARY, replies=("4",), status=("1.1", "1.2", "2.0", "2.1"), phases=_NAMED
    ),
)

CONTENT = (
    Rule(
        Code.CONTENT_REJECTED,
        replies=("5",),
        words=(
            stems(
                "spam|virus|malware|phish|unsolicited|suspicious|content|attachment|header",
                "rfc 5322|rfc 2822|rfc 822|rfc compliant|policy|security reasons",
                "security issue|security polic|security threat|bare lf|bare line feed",
                "bare linefeed|bare carriage|line too long|line length|lines longer|8bit",
                "8 bit|mime|duplicate|illegal|banned|executable|message blocked",
                "message filtered|expected disposition|message id|malicious|bulk mail",
                "blocked by filter",
            ),
        ),
        unless=("out of sequence",),
    ),
    Rule(
        Code.ADDRESS_INVALID,
        words=(("transaction failed",), ("address", "domain", "local ")),
        families=(Family.SES,),
    ),
    Rule(
        Code.CONTENT_REJECTED,
        words=(
            ("transaction failed",),
            stems(
                "expected|header|contains|missing|invalid",
            ),
        ),
    ),
    Rule(Code.CONTENT_REJECTED, status=("6.0-6", "6.8-11")),
)


PROTOCOL = (
    Rule(
        Code.PROTOCOL_ERROR,
        words=(
            stems(
                "bad sequence|sequence of commands|out of sequence|wrong state|must precede",
                "need mail|need rcpt|protocol violation|protocol error|synchronization error",
                "synchronisation error|pipelin|nested mail|improper use|command unrecogni",
                "unrecognized command|unrecognised command|command not recogni",
                "command not implement|unknown command|invalid command|unimplemented",
                "already authenticated|already specified",
            ),
        ),
    ),
    Rule(Code.PROTOCOL_ERROR, replies=("500", "502", "503")),
)

ENDING = (
    Rule(
        Code.CONNECTION_DROPPED,
        replies=("4",),
        words=(
            stems(
                "timeout|timed out|time out |idle|waiting for data|connection dropped",
                "connection reset|connection lost|lost connection|connection closed",
                "closing connection due|inactivity",
            ),
        ),
        unless=("lookup", "address verification", "unverified address"),
    ),
    Rule(Code.CONNECTION_DROPPED, status=("4.1", "4.2"), replies=("42", "45")),
    Rule(
        Code.RECIPIENT_TEMPORARY,
        replies=("45",),
        status=("7.1",),
        words=(("try again", "later", "come back", "please retry"),),
        phases=(Phase.RCPT_TO, None),
        unless=("service", "server", "unavailable"),
    ),
)
