"""Transports that deliver nothing: one tells the log, one keeps messages in memory."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field

from app.mail.transport import Envelope, Receipt, TransportError

_log = logging.getLogger("novantra.mail.console")


class ConsoleTransport:
    """For development. Logs what a message is about, never its body, a link or a code."""

    def send(
        self,
        envelope: Envelope,
        message: bytes,
        *,
        kind: str = "",
        subject: str = "",
        message_id: str = "",
    ) -> Receipt:
        """One record, its facts as fields of their own."""
        facts = {
            "kind": kind,
            "to": envelope.rcpt_to,
            "from": envelope.mail_from,
            "subject": subject,
            "message_id": message_id,
            "size": len(message),
        }
        _log.info("mail logged, not delivered", extra=facts)
        return Receipt(reply_code=250, enhanced=None, duration_ms=0, server=None)

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Delivery:
    """One message that a :class:`MemoryTransport` took."""

    envelope: Envelope
    message: bytes
    kind: str
    subject: str
    message_id: str


@dataclass
class MemoryTransport:
    """Takes every message, but first raises the ``failures`` in it, one for each call."""

    deliveries: list[Delivery] = field(default_factory=list)
    failures: deque[TransportError] = field(default_factory=deque)

    def send(
        self,
        envelope: Envelope,
        message: bytes,
        *,
        kind: str = "",
        subject: str = "",
        message_id: str = "",
    ) -> Receipt:
        """Keeps the message, or raises the next of ``failures``."""
        if self.failures:
            raise self.failures.popleft()
        self.deliveries.append(Delivery(envelope, message, kind, subject, message_id))
        return Receipt(reply_code=250, enhanced="2.0.0", duration_ms=0, server=None)

    def close(self) -> None:
        """Nothing is open."""
