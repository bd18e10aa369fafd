"""No network at all: mail is described in the log."""

from __future__ import annotations

from app.mail.transport import RelaySettings, Transport
from app.mail.transports import ConsoleTransport
from app.mailer.providers.base import Provider


class Console(Provider):
    value = "console"
    title = "Console"
    summary = "Development only: nothing is delivered"
    about = (
        "Each mail becomes one line in Novantra's log: kind, recipient, sender, subject, message"
        " id and size. Never its text, and so no link and no code.",
    )
    warning_title = "Development only"
    warning = (
        "Password resets, invitations and unlock codes will seem to work, but nobody receives them."
    )
    delivers = False
    uses_network = False

    def transport(self, relay: RelaySettings | None) -> Transport:
        return ConsoleTransport()
