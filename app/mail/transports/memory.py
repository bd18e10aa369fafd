"""Keeps messages in memory, for tests and for trying the outbox without a relay."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from app.mail.transports.base import Envelope, Receipt, TransportError


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
