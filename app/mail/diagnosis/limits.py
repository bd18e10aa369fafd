"""Replies about too much: of mail, of connections, of octets, of what the server can hold."""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.phases import Phase

_OVER = stems(
    "exceed|reached|over |exhaust|used up|maximum|out of|hit ",
)
_SENDING = stems(
    "daily|sending|sent|send |outgoing|outbound|submission|relay|policy rejection",
    "message quota|hourly|monthly|per hour|per day",
)
_MAILBOX = stems(
    "mailbox|inbox|recipient|user |account that|storage|customer s mailbox",
)

REPLIES = (
    Rule(
        Code.RECIPIENT_TEMPORARY,
        words=(
            stems(
                "receiving mail too|receiving mail at|is receiving mail",
                "messages they can receive|recipient has exceeded",
            ),
        ),
    ),
    Rule(
        Code.RECIPIENT_TEMPORARY,
        words=(
            _MAILBOX,
            stems(
                "full|over quota|overquota|over its quota|quota exceed|exceeded quota",
                "exceeded its quota|quota violation|exceeded storage|storage allocation",
                "mailbox size",
            ),
        ),
        unless=(*_SENDING, "system storage", "fully qualified"),
    ),
    Rule(Code.RECIPIENT_TEMPORARY, status=("2.2",), unless=_SENDING),
    Rule(
        Code.QUOTA_EXCEEDED,
        words=(
            stems(
                "daily|per day|a day|24 hour|24h|hourly|per hour|an hour|each hour|monthly",
                "per month|credit|quota|sending limit|messaging limit|message limit|email limit",
                "plan limit|allowance|defers and failures",
            ),
            (*_OVER, "limit"),
        ),
        unless=("queue quota", "maximum sending rate", "per second"),
    ),
    Rule(
        Code.RATE_LIMITED,
        words=(
            stems(
                "rate limit|ratelimit|rate exceeded|sending rate|unusual rate|throttl",
                "too fast|too quickly|slow down|per second|per minute|per session",
                "per connection|relay limit|frequency|excessive volume|unexpected volume",
                "concurrent connection|connection limit|connections limit",
                "number of connections|connection rate|limit of connections|message limit",
                "permitted limits|submission rate|thread limit",
            ),
        ),
        unless=("authentication rate",),
    ),
    Rule(
        Code.AUTH_BAD_CREDENTIALS,
        words=(("too many",), ("auth", "login", "password"), ("bad", "fail", "invalid", "wrong")),
        replies=("5",),
        unless=("blacklist", "blocked"),
    ),
    Rule(
        Code.RATE_LIMITED,
        words=(
            ("too many", "too much", "maximum number of"),
            stems(
                "message|mail|email|connection|session|recipient|login|auth|request|attempt",
                "concurrent|transaction",
            ),
        ),
        unless=("hops", "received headers", "too many errors", "blacklist"),
    ),
    Rule(
        Code.RATE_LIMITED,
        words=(("try again in", "retry in", "retry after"),),
        replies=("42", "45"),
        phases=(Phase.GREETING, Phase.MAIL_FROM, Phase.DATA, None),
    ),
    Rule(
        Code.SERVER_STORAGE,
        words=(
            stems(
                "insufficient system|insufficient storage|insufficient disk",
                "insufficient memory|insufficient resource|system storage|system resources",
                "out of memory|out of disk|out of space|disk full|disk is full|no space",
                "not enough space|not enough memory|not enough disk|queue file write",
                "resources temporarily|resource temporarily|out of resources|low on disk",
            ),
        ),
    ),
    Rule(
        Code.MESSAGE_TOO_LARGE,
        words=(
            stems(
                "message size|mail size|email size|size limit|size exceed|exceeds size",
                "exceeded size|exceeds fixed|maximum size|max size|maximum message size",
                "too large|too big|message length|header size",
            ),
        ),
        unless=("per transaction", "mailbox size", "recipient limit", "key too"),
    ),
    Rule(Code.MESSAGE_TOO_LARGE, status=("3.4", "2.3"), replies=("552", "554", "550", "523")),
    Rule(Code.SERVER_STORAGE, status=("3.1",), replies=("4",)),
)
