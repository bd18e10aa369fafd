"""Hands claimed messages to the relay, over connections that a process keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.mail.transport import Transport
from app.mailer.active import ActiveMailer, make_transport
from app.mailer.outgoing import Attempt, attempt
from app.outbox.taken import Claim


class Sender:
    """Sends claimed messages over the connection that the workers of a process share, rebuilt when
    the configuration changes. Safe to share between threads.

    :param make: builds the transport of a configuration; tests put their own here
    """

    def __init__(self, make: Callable[[ActiveMailer], Transport] = make_transport) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._transport: Transport | None = None
        self._version: object = None

    def send(self, claim: Claim) -> Attempt:
        """Hand one message to the relay, with no transaction open."""
        return attempt(
            self._current(claim.active),
            claim.envelope,
            claim.content,
            kind=claim.kind,
            subject=claim.label,
            message_id=claim.message_id,
        )

    def close(self) -> None:
        """Give up idle connections."""
        with self._lock:
            transport, self._transport, self._version = self._transport, None, None
        if transport is not None:
            transport.close()

    def _current(self, active: ActiveMailer) -> Transport:
        version = active.provider, active.version
        with self._lock:
            old = None if self._version == version else self._transport
            if self._transport is None or self._version != version:
                self._transport, self._version = self._make(active), version
            current = self._transport
        if old is not None:
            old.close()
        return current
