"""Sends over SMTP, on connections that are kept for a while."""

from __future__ import annotations

import time

from app.mail.session import Session
from app.mail.session_deadline import Deadline
from app.mail.session_open import open_session
from app.mail.session_transaction import address, announce, hand_over, sendable
from app.mail.transports.base import Envelope, Receipt, RelaySettings, TransportError
from app.mail.transports.login_gate import LoginGate
from app.mail.transports.pool import Pool


class SmtpTransport:
    """A relay that is spoken to strictly. Several threads may share one.

    :param total: seconds that one :meth:`send` may take, connecting included; by default the
        settings' ``total``.
    """

    def __init__(self, settings: RelaySettings, *, total: float | None = None) -> None:
        self._settings = settings
        self._total = settings.total if total is None else total
        self._pool = Pool()
        self._gate = LoginGate()

    def send(
        self,
        envelope: Envelope,
        message: bytes,
        *,
        kind: str = "",
        subject: str = "",
        message_id: str = "",
    ) -> Receipt:
        """Hands one message over; see :class:`app.mail.transports.base.Transport`."""
        began = time.monotonic()
        self._gate.check()
        message = sendable(message)
        deadline = Deadline(self._total)
        session = self._begun_again(envelope, message, deadline)
        if session is None:
            session = self._begun(envelope, message, deadline)
        try:
            address(session, envelope)
            reply = hand_over(session, message)
        finally:
            self._put_back(session)
        duration = round((time.monotonic() - began) * 1000)
        return Receipt(reply.code, reply.enhanced, duration, session.wire.peer)

    def close(self) -> None:
        """Says goodbye on idle connections and forgets a refused login."""
        self._pool.clear()
        self._gate.forget()

    def _begun_again(
        self, envelope: Envelope, message: bytes, deadline: Deadline
    ) -> Session | None:
        """An idle session with the sender accepted; None if there is none that still works.

        Relays hang up on idle clients, so until MAIL is accepted a lost connection is nobody's
        failure: the caller opens another one.
        """
        session = self._pool.take()
        if session is None:
            return None
        session.wire.deadline = deadline
        try:
            if session.unfinished:
                session.reset()
        except TransportError:
            session.close()
            return None
        try:
            announce(session, envelope, len(message), eight_bit=not message.isascii())
        except TransportError:
            refused = session.in_step
            self._put_back(session)
            if refused:
                raise
            return None
        return session

    def _begun(self, envelope: Envelope, message: bytes, deadline: Deadline) -> Session:
        """A new session with the sender accepted."""
        session = open_session(self._settings, deadline)
        try:
            self._gate.login(session)
        except TransportError:
            session.close()
            raise
        try:
            announce(session, envelope, len(message), eight_bit=not message.isascii())
        except TransportError:
            self._put_back(session)
            raise
        return session

    def _put_back(self, session: Session) -> None:
        """Keeps a session in which the relay and we agree whose turn it is."""
        session.messages += 1
        if session.in_step:
            self._pool.give(session)
        else:
            session.close()
