"""The steps of a conversation with a relay, in the order in which they happen."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a failure showed itself, which is not always where its cause lies.

    EHLO and HELO count as :attr:`GREETING`, the STARTTLS command as :attr:`TLS`, everything from
    the DATA command to the reply after the final dot as :attr:`DATA`.
    """

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    AUTH = "auth"
    MAIL_FROM = "mail-from"
    RCPT_TO = "rcpt-to"
    DATA = "data"
