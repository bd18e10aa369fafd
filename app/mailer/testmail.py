"""The test mail: the saved configuration, a real message, one recipient, an outcome."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from app.mail.compose import Prose, compose
from app.mail.message import MessageParts, build, new_message_id
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, TransportError
from app.mailer.active import ActiveMailer
from app.mailer.transports import make_transport
from app.mailer.verdict import Outcome

KIND = "test"
_ENCRYPTION = {
    TlsMode.IMPLICIT: "TLS from the first byte",
    TlsMode.STARTTLS: "STARTTLS",
    TlsMode.NONE: "none",
}


@dataclass(frozen=True)
class TestMail:
    """``asked_by`` is a person's name, or who else asked. ``access_url`` is the install's."""

    __test__ = False  # pytest would take the name for a test class

    to: str
    asked_by: str
    access_url: str
    access_host: str
    at: datetime


def send_test(active: ActiveMailer, mail: TestMail) -> Outcome:
    """Send it and say what became of it. Talks to the relay with no transaction open.

    The whole of it takes at most the connection timeout and 20 seconds more.
    """
    began = time.monotonic()
    message_id = new_message_id(active.sender_address)
    subject, message = _message(active, mail, message_id)
    transport = make_transport(active)
    try:
        receipt = transport.send(
            Envelope(active.sender_address, mail.to),
            message,
            kind=KIND,
            subject=subject,
            message_id=message_id,
        )
    except TransportError as error:
        return Outcome(
            _ms(began),
            error.code,
            error.phase,
            error.reply_code,
            error.enhanced,
            offered=error.offered,
        )
    finally:
        transport.close()
    return Outcome(_ms(began), None, None, receipt.reply_code, receipt.enhanced)


def _message(active: ActiveMailer, mail: TestMail, message_id: str) -> tuple[str, bytes]:
    relay = active.relay
    words = compose(
        "test",
        {
            "host": Prose(mail.access_host),
            "access_url": mail.access_url,
            "asked_by": mail.asked_by,
            "at": mail.at,
            "sender_address": active.sender_address,
            "relay": Prose(active.where),
            "encryption": Prose(_ENCRYPTION[relay.tls] if relay else "none"),
        },
    )
    parts = MessageParts(
        sender_address=active.sender_address,
        sender_name=active.sender_name,
        recipient=mail.to,
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=message_id,
        date=mail.at,
    )
    return words.subject, build(parts)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
