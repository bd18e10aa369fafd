"""Octets to and from a relay: every read and write under a deadline, nothing read unasked."""

from __future__ import annotations

import select
import socket
import ssl

from app.mail.replies import MalformedReply, Reply, ReplyParser
from app.mail.session_deadline import Deadline
from app.mail.session_errors import Dropped
from app.mail.session_tls import handshake

_CHUNK = 4096
"""Octets read at once: a flood is cut at the reply limits plus this much."""

_BODY_CHUNK = 64 * 1024
"""Octets of a message that have to leave within one step's timeout."""

_GONE = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError)


class Wire:
    """A connected socket, its deadline and what has been read from it but not used."""

    def __init__(
        self, connection: socket.socket, deadline: Deadline, timeout: float, peer: str | None = None
    ) -> None:
        self._socket = connection
        self.peer = peer
        self._parser = ReplyParser()
        self.deadline = deadline
        self.timeout = timeout

    @property
    def tls(self) -> ssl.SSLSocket | None:
        """The encrypted socket, once there is one."""
        return self._socket if isinstance(self._socket, ssl.SSLSocket) else None

    @property
    def heard_nothing(self) -> bool:
        """Whether no octet is waiting, not even of a reply that has only begun."""
        return self._parser.idle

    def renew(self, total: float) -> None:
        """Starts a new deadline of ``total`` seconds, for another message on this connection."""
        self.deadline = Deadline(total)

    def write(self, octets: bytes) -> None:
        """Sends all of ``octets``, each piece within one step.

        :raises Dropped: the relay is gone.
        :raises TimeoutError: it does not take them in time.
        """
        view = memoryview(octets)
        while view:
            step = self.deadline.step(self.timeout)
            piece = view[:_BODY_CHUNK]
            while piece:
                self._socket.settimeout(step.left())
                try:
                    sent = self._socket.send(piece)
                except _GONE:
                    raise Dropped from None
                piece = piece[sent:]
            view = view[_BODY_CHUNK:]

    def read_reply(self, timeout: float | None = None) -> Reply:
        """The next reply, whole, within one step.

        :param timeout: seconds for this step, the session's end notwithstanding.
        :raises MalformedReply: what arrives is no reply, or too much of one.
        :raises Dropped: the relay closed the connection instead.
        :raises TimeoutError: the reply was not complete in time, though octets may drip in.
        """
        step = self.deadline.step(self.timeout if timeout is None else timeout)
        while (reply := self._parser.take()) is None:
            self._socket.settimeout(step.left())
            try:
                octets = self._socket.recv(_CHUNK)
            except _GONE:
                raise Dropped from None
            if not octets:
                raise Dropped
            self._parser.feed(octets)
        return reply

    def expect_silence(self, patience: float = 0.0) -> None:
        """Makes sure that the relay has said nothing that nobody asked for.

        :param patience: seconds to wait for it to give itself away.
        :raises MalformedReply: it has spoken.
        :raises Dropped: it has hung up.
        """
        if not self.heard_nothing:
            raise MalformedReply
        if patience:
            select.select([self._socket], [], [], patience)
        self._socket.settimeout(0)
        try:
            octets = self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):  # TLS has messages of its own to read
            return
        except _GONE:
            raise Dropped from None
        if not octets:
            raise Dropped
        raise MalformedReply

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Encrypts from here on. Call :meth:`expect_silence` first where clear text came before.

        :raises OSError: the handshake failed; see :func:`app.mail.session_tls.handshake`.
        """
        step = self.deadline.step(self.timeout)
        self._socket = handshake(self._socket, context, host, step)
        self._parser = ReplyParser()

    def first_answer_to(self, octets: bytes, patience: float) -> bytes:
        """Sends ``octets`` and gives what comes back first, or nothing after ``patience`` seconds.

        Only for telling what a silent server is; the connection is of no use afterwards.
        """
        try:
            step = self.deadline.step(patience)
            self._socket.settimeout(step.left())
            self._socket.sendall(octets)
            self._socket.settimeout(step.left())
            return self._socket.recv(_CHUNK)
        except OSError:
            return b""

    def close(self) -> None:
        """Hangs up at once."""
        self._socket.close()
