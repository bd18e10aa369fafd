"""The transport that belongs to a configuration."""

from __future__ import annotations

from app.mail.smtp.transport import SmtpTransport
from app.mail.transport import Transport
from app.mail.transports import ConsoleTransport
from app.mailer.active import ActiveMailer


def make_transport(active: ActiveMailer) -> Transport:
    """A new transport; keep it as long as the configuration's version stays the same."""
    return ConsoleTransport() if active.relay is None else SmtpTransport(active.relay)
