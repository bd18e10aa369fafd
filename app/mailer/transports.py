"""The transport that belongs to a configuration."""

from __future__ import annotations

from app.mail.transports.base import Transport
from app.mail.transports.console import ConsoleTransport
from app.mail.transports.smtp import SmtpTransport
from app.mailer.active import ActiveMailer


def make_transport(active: ActiveMailer) -> Transport:
    """A new transport; keep it as long as the configuration's version stays the same."""
    return ConsoleTransport() if active.relay is None else SmtpTransport(active.relay)
