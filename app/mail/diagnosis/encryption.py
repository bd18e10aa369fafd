"""Replies about TLS: demanded, missing, begun twice or too old."""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.phases import Phase

_TLS = stems(
    "tls|ssl|starttls|encrypt|secure connection|secure channel",
)
_MISSING = stems(
    "not support|unsupported|not offer|not advertis|not implement|not recogni",
    "unrecogni|not available|not enabled|disabled|unknown command",
)

REPLIES = (
    Rule(Code.TLS_VERSION, status=("7.66",)),
    Rule(
        Code.TLS_VERSION,
        words=(
            ("tls", "ssl"),
            ("1 0", "1 1", "v1", "sslv3", "version", "cipher", "protocol"),
            stems(
                "not support|unsupported|upgrade|update|no longer|minimum|or higher|or later",
                "deprecat|disabled|too low|too old|weak|insecure|no shared|mismatch|obsolete",
            ),
        ),
        unless=("first", "handshake fail", "must issue", "starttls"),
    ),
    Rule(
        Code.TLS_MODE_MISMATCH,
        words=(("tls", "ssl", "starttls"), ("active", "already", "in progress", "when tls")),
    ),
    Rule(Code.TLS_FAILED, words=(("tls", "ssl"), ("handshake", "negotiat")), replies=("4", "5")),
    Rule(
        Code.TLS_FAILED,
        words=(("tls", "starttls"), ("not available", "unavailable", "temporar", "local problem")),
        replies=("4",),
    ),
    Rule(Code.STARTTLS_NOT_OFFERED, words=(("starttls", "tls"), _MISSING)),
    Rule(
        Code.STARTTLS_NOT_OFFERED,
        phases=(Phase.TLS,),
        replies=("500", "502", "504"),
    ),
    Rule(
        Code.TLS_REQUIRED,
        words=(
            _TLS,
            stems(
                "must|requir|first|need|mandatory|without|not allowed|only",
            ),
        ),
        unless=("no commands allowed", "protocol violation", "content", "not required"),
    ),
    Rule(Code.TLS_REQUIRED, replies=("538", "523"), status=("7.10", "7.11")),
    Rule(Code.TLS_REQUIRED, replies=("538",)),
    Rule(Code.TLS_REQUIRED, words=(("plaintext auth", "plain text auth"),)),
    Rule(Code.TLS_REQUIRED, words=(("encryption required", "encryption needed"),)),
    Rule(Code.TLS_FAILED, phases=(Phase.TLS,), replies=("421", "45"), unless=("ehlo", "helo")),
)
