"""Sends over SMTP, on connections that are kept for a while, with one login at a time.

A refused login is not tried again at once by another thread: wrong passwords lock accounts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from app.mail.failures import Disposition, Failure, disposition_of
from app.mail.failures import FailureCode as Code
from app.mail.phases import Phase
from app.mail.replies import Reply
from app.mail.smtp.delivery import Habits, LostAhead, deliver, deliver_told
from app.mail.smtp.errors import failures_of
from app.mail.smtp.session import MAX_MESSAGES, Session, open_session
from app.mail.smtp.transaction import sendable
from app.mail.smtp.wire import Deadline
from app.mail.transport import Ahead, Envelope, Receipt, RelaySettings, TransportError


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
        self._habits = Habits()

    def send(
        self,
        envelope: Envelope,
        message: bytes,
        *,
        kind: str = "",
        subject: str = "",
        message_id: str = "",
        ahead: Ahead | None = None,
    ) -> Receipt:
        """Hands one message over; see :class:`app.mail.transport.AheadTransport`."""
        began = time.monotonic()
        session = self._pool.take_told(message_id, envelope, message)
        try:
            self._gate.check()
        except TransportError:
            if session is not None:
                session.close()
            raise
        deadline = Deadline(self._total)
        done = None if session is None else self._as_told(session, deadline, ahead)
        if done is None:
            done = self._delivered(envelope, sendable(message), deadline, ahead)
        session, reply = done
        duration = round((time.monotonic() - began) * 1000)
        return Receipt(reply.code, reply.enhanced, duration, session.wire.peer)

    def let_go(self, message_id: str) -> None:
        """Hangs up where a connection waits for that message, of which nothing more leaves."""
        self._pool.let_go(message_id)

    def close(self) -> None:
        """Says goodbye on idle connections and forgets a refused login."""
        self._pool.clear()
        self._gate.forget()

    def _as_told(
        self, session: Session, deadline: Deadline, ahead: Ahead | None
    ) -> tuple[Session, Reply] | None:
        """The message that this connection waits for; ``None`` if the connection was lost first."""
        told, session.told = session.told, None
        assert told is not None
        session.wire.deadline = deadline
        try:
            return session, deliver_told(session, told, self._habits, ahead)
        except LostAhead:
            return None
        finally:
            self._put_back(session)

    def _delivered(
        self, envelope: Envelope, message: bytes, deadline: Deadline, ahead: Ahead | None
    ) -> tuple[Session, Reply]:
        """Relays hang up on idle clients, so a connection that was lost between two messages is
        nobody's failure: another one is opened.

        A message that left together with its commands is such a case only where the relay hung up
        without a word about any of them.
        """
        session = self._rested(deadline)
        if session is not None:
            try:
                return session, self._deliver(session, envelope, message, self._habits, ahead)
            except TransportError as error:
                if session.in_step or (session.sender_taken and not session.chunk_refused):
                    raise
                if error.after_dot and error.code is not Code.CONNECTION_DROPPED:
                    raise
        session = self._opened(deadline)
        try:
            return session, self._deliver(session, envelope, message, self._habits, ahead)
        except TransportError as error:
            if self._habits.may_blame(session, error):
                return self._one_by_one(envelope, message, deadline, error)
            if not session.chunk_refused:
                raise
        session = self._opened(deadline)
        return session, self._deliver(session, envelope, message, self._habits, ahead)

    def _one_by_one(
        self, envelope: Envelope, message: bytes, deadline: Deadline, blamed: TransportError
    ) -> tuple[Session, Reply]:
        """Once more, a command at a time, for a relay that may not keep what it offers."""
        session: Session | None = None
        try:
            session = self._opened(deadline)
            reply = self._deliver(session, envelope, message, Habits(in_groups=False))
        except TransportError as error:
            self._habits.innocent = session is None or not session.message_left
            if error.after_dot or error.reply_code is not None:
                raise
            raise blamed from None
        finally:
            self._habits.in_groups = session is None or not session.message_left
        return session, reply

    def _deliver(
        self,
        session: Session,
        envelope: Envelope,
        message: bytes,
        habits: Habits,
        ahead: Ahead | None = None,
    ) -> Reply:
        try:
            return deliver(session, envelope, message, habits, ahead)
        finally:
            self._put_back(session)

    def _rested(self, deadline: Deadline) -> Session | None:
        """An idle session; None if there is none that still works."""
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
        return session

    def _opened(self, deadline: Deadline) -> Session:
        """A new session, logged in."""
        with ExitStack() as unless_done:
            session = open_session(self._settings, deadline)
            unless_done.callback(session.close)
            self._gate.login(session)  # tokens are in the database, which may fail too
            unless_done.pop_all()
        return session

    def _put_back(self, session: Session) -> None:
        """Keeps a session in which the relay and we agree whose turn it is."""
        session.messages += 1
        if session.in_step:
            self._pool.give(session)
        else:
            session.close()


MAX_IDLE = 8.0
"""Seconds of rest after which a connection is not used again; Amazon SES hangs up after ten."""


class Pool:
    """Idle sessions, the most recently used first, and those that wait for a message of which
    their relay was told. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Session]] = []
        self._told: dict[str, Session] = {}

    def take(self) -> Session | None:
        """A session that rested only briefly, if there is one; the others are given up."""
        now = self._clock()
        with self._lock:
            rested = [session for since, session in self._idle if now - since > MAX_IDLE]
            self._idle = [entry for entry in self._idle if now - entry[0] <= MAX_IDLE]
            taken = self._idle.pop()[1] if self._idle else None
        for session in rested:
            session.close()
        return taken

    def take_told(self, message_id: str, envelope: Envelope, content: bytes) -> Session | None:
        """The session that waits for this message; one that waits for another by its name is given
        up."""
        with self._lock:
            session = self._told.pop(message_id, None)
        if session is None:
            return None
        told = session.told
        if told is not None and told.envelope == envelope and told.content == content:
            return session
        session.close()
        return None

    def let_go(self, message_id: str) -> None:
        """Gives up the session that waits for this message, if there is one. Only hanging up ends
        a message after DATA."""
        with self._lock:
            session = self._told.pop(message_id, None)
        if session is not None:
            session.close()

    def give(self, session: Session) -> None:
        """Keeps a session that is in step, unless it has carried enough messages."""
        if session.told is not None:
            with self._lock:
                before = self._told.pop(session.told.message_id, None)
                self._told[session.told.message_id] = session
            if before is not None:
                before.close()
            return
        if session.messages >= MAX_MESSAGES:
            session.quit()
            return
        with self._lock:
            self._idle.append((self._clock(), session))

    def clear(self) -> None:
        """Says goodbye on every idle session, and gives up those that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
            told, self._told = self._told, {}
        for _, session in idle:
            session.quit()
        for session in told.values():
            session.close()


REFUSAL_MEMORY = 0.5
"""Seconds for which a refused login is answered from memory: long enough for other threads to
hear of it and for the outbox to pause, too short to outlive somebody who then mends it."""


class LoginGate:
    """Lets the threads that share a transport find out together that a password is wrong."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._refused: tuple[float, Failure] | None = None

    def check(self) -> None:
        """Repeats a recent refusal.

        :raises TransportError: the same codes as the relay's own refusal a moment ago.
        """
        if self._refused is None or self._clock() - self._refused[0] > REFUSAL_MEMORY:
            return
        raise TransportError.of(self._refused[1])

    def login(self, session: Session) -> None:
        """Logs ``session`` in, if a user name is set, unless that was refused just now."""
        if not session.settings.username:
            return
        with failures_of(Phase.AUTH, session.settings.provider):
            patience = session.wire.deadline.left()
        if not self._lock.acquire(timeout=patience):
            raise TransportError(Code.AUTH_TEMPORARY, Phase.AUTH)
        try:
            self.check()
            session.login()
        except TransportError as error:
            if disposition_of(error.code) is Disposition.PAUSE:
                self._refused = (self._clock(), error.failure)
            raise
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Lets the next login be tried, whatever came of the last."""
        self._refused = None
