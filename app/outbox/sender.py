"""Hands claimed messages to the relay, over connections that a process keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.mail.transport import Following, Transport, that_tells_ahead
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

    def send(self, claim: Claim, next_up: Callable[[], Claim | None] | None = None) -> Attempt:
        """Hand one message to the relay, with no transaction open.

        :param next_up: what will be sent after it, most likely. A relay may be told of that while
            it takes this one; then send it, or :meth:`let_go` of it, soon.
        """
        transport = self._current(claim.active)
        told: list[str] = []

        def ahead() -> Following | None:
            following = next_up() if next_up is not None else None
            if following is None or _version(following.active) != _version(claim.active):
                return None
            told.append(following.message_id)
            return Following(following.envelope, following.content, following.message_id)

        try:
            return attempt(
                transport,
                claim.envelope,
                claim.content,
                kind=claim.kind,
                subject=claim.label,
                message_id=claim.message_id,
                ahead=ahead if next_up is not None else None,
            )
        finally:
            if told and self._transport is not transport:  # its connections were given up meanwhile
                _let_go(transport, told[0])

    def let_go(self, claim: Claim) -> None:
        """This message is not sent now after all: nothing more of it leaves."""
        if (transport := self._transport) is not None:
            _let_go(transport, claim.message_id)

    def close(self) -> None:
        """Give up idle connections."""
        with self._lock:
            transport, self._transport, self._version = self._transport, None, None
        if transport is not None:
            transport.close()

    def _current(self, active: ActiveMailer) -> Transport:
        version = _version(active)
        with self._lock:
            old = None if self._version == version else self._transport
            if self._transport is None or self._version != version:
                self._transport, self._version = self._make(active), version
            current = self._transport
        if old is not None:
            old.close()
        return current


def _version(active: ActiveMailer) -> object:
    return active.provider, active.version


def _let_go(transport: Transport, message_id: str) -> None:
    if (telling := that_tells_ahead(transport)) is not None:
        telling.let_go(message_id)
