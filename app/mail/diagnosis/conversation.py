"""Replies about the conversation itself: its order, its silence, its end."""

from __future__ import annotations

from app.mail.diagnosis.rules import Rule, stems
from app.mail.failures.codes import FailureCode as Code
from app.mail.phases import Phase

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
