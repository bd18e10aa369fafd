"""Delivers nothing: tells the log that there was a message."""

from __future__ import annotations

import logging

from app.mail.transports.base import Envelope, Receipt

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
