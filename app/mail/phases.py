"""The steps of a conversation with a relay, in the order in which they happen."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a failure showed itself, which is not always where its cause lies.

    EHLO and HELO count as :attr:`GREETING`, the STARTTLS command as :attr:`TLS`, everything from
    the DATA command to the reply after the final dot as :attr:`DATA`. :attr:`TOKEN` happens at the
    sign-in service, and only where the login needs a token.
    """

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    TOKEN = "token"  # noqa: S105 - a step, not a token
    AUTH = "auth"
    MAIL_FROM = "mail-from"
    RCPT_TO = "rcpt-to"
    DATA = "data"

    @property
    def noun(self) -> str:
        """What it is about, as in "stopped at the name"."""
        return _WORDS[self][0]

    @property
    def doing(self) -> str:
        """What is under way, as in "while connecting"."""
        return _WORDS[self][1]


_WORDS = {
    Phase.DNS: ("name", "looking up the name"),
    Phase.CONNECT: ("connection", "connecting"),
    Phase.TLS: ("encryption", "encrypting"),
    Phase.GREETING: ("greeting", "greeting"),
    Phase.TOKEN: ("token", "asking for a token"),
    Phase.AUTH: ("login", "login"),
    Phase.MAIL_FROM: ("sender", "sender"),
    Phase.RCPT_TO: ("recipient", "recipient"),
    Phase.DATA: ("message", "handing over the message"),
}
"""The words for phases, kept here once for pages, mails and commands."""
