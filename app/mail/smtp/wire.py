"""Octets to and from a relay: every read and write under a deadline, nothing read unasked.

The TLS handshake belongs here too, and telling from the first octet of an answer when the other
side speaks no TLS.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

from app.mail.replies import MalformedReply, Reply, ReplyParser
from app.mail.smtp.errors import Dropped
from app.mail.tls import client_context
from app.mail.trust import Trust
from app.mail.trust.peer import confirm


class Deadline:
    """Counts down ``total`` seconds on a monotonic clock."""

    __slots__ = ("_clock", "_end")

    def __init__(self, total: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + total

    def left(self) -> float:
        """Seconds until the end.

        :raises TimeoutError: there are none left.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    def step(self, timeout: float) -> Deadline:
        """A deadline for one step: ``timeout`` seconds from now, or this one if it comes first."""
        return Deadline(max(0.0, min(timeout, self._end - self._clock())), self._clock)


_CHUNK = 4096
"""Octets read at once: a flood is cut at the reply limits plus this much."""

_JUST_NOW = 0.001
"""Seconds after a read that left nothing with the system, in which it is not asked again."""

_BODY_CHUNK = 64 * 1024
"""Octets of a message that have to leave within one step's timeout."""

_GONE = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError)


_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""Not now: what to wait for stands in the kind of error, see :meth:`Wire._wait`."""


class Wire:
    """A connected socket, its deadline and what has been read from it but not used.

    The socket never blocks: it is tried, and waited for by a call of its own. A socket with a
    timeout costs a system call to set it and another to wait before each octet, and with every
    system call other threads take the interpreter.
    """

    def __init__(
        self, connection: socket.socket, deadline: Deadline, timeout: float, peer: str | None = None
    ) -> None:
        self._use(connection)
        self.peer = peer
        self._parser = ReplyParser()
        self.deadline = deadline
        self.timeout = timeout
        self._emptied = float("-inf")
        self.unsent = 0
        """Octets of what was written last that the system has not taken."""

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
        self.deadline.left()
        self.unsent = len(octets)
        view = memoryview(octets)
        while view:
            step: Deadline | None = None
            piece = view[:_BODY_CHUNK]
            while piece:
                try:
                    sent = self._socket.send(piece)
                except _LATER as later:
                    step = step or self.deadline.step(self.timeout)
                    self._wait(later, select.POLLOUT, step.left())
                    continue
                except _GONE:
                    raise Dropped from None
                self.unsent -= sent
                piece = piece[sent:]
            view = view[_BODY_CHUNK:]

    def read_reply(self, timeout: float | None = None) -> Reply:
        """The next reply, whole, within one step.

        :param timeout: seconds for this step, the session's end notwithstanding.
        :raises MalformedReply: what arrives is no reply, or too much of one.
        :raises Dropped: the relay closed the connection instead.
        :raises TimeoutError: the reply was not complete in time, though octets may drip in.
        """
        reply = self._parser.take()
        if reply is not None:
            return reply
        step = self.deadline.step(self.timeout if timeout is None else timeout)
        left = step.left()
        while reply is None:
            if not self._pending():
                self._octets.poll(left * 1000)
            left = step.left()
            try:
                octets = self._socket.recv(_CHUNK)
            except _LATER as later:
                self._wait(later, select.POLLIN, left)
                left = step.left()
                continue
            except _GONE:
                raise Dropped from None
            if not octets:
                raise Dropped
            if len(octets) < _CHUNK and self.tls is None:
                self._emptied = time.monotonic()
            self._parser.feed(octets)
            reply = self._parser.take()
        return reply

    def expect_silence_since_read(self) -> None:
        """The same as :meth:`expect_silence`, but the system is not asked where a read has just
        shown that it holds no more. With each question another thread may take the interpreter."""
        if not self.heard_nothing or time.monotonic() - self._emptied >= _JUST_NOW:
            self.expect_silence()

    def expect_silence(self, patience: float = 0.0) -> None:
        """Makes sure that the relay has said nothing that nobody asked for.

        :param patience: seconds to wait for it to give itself away.
        :raises MalformedReply: it has spoken.
        :raises Dropped: it has hung up.
        """
        if not self.heard_nothing:
            raise MalformedReply
        if patience and not self._pending():
            heard, _, _ = select.select([self._socket], [], [], patience)
            if not heard:
                return
        try:
            octets = self._socket.recv(1)
        except _LATER:  # TLS has messages of its own to read
            return
        except _GONE:
            raise Dropped from None
        if not octets:
            raise Dropped
        raise MalformedReply

    def _use(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._octets = select.poll()
        self._octets.register(connection, select.POLLIN)

    def _pending(self) -> bool:
        """Whether TLS has decrypted more than was asked for, of which the system knows nothing."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _wait(self, later: OSError, what: int, seconds: float) -> None:
        """Until ``what`` was not possible may be, or so many seconds have passed. TLS may have to
        read in order to write, and the other way round."""
        if isinstance(later, ssl.SSLWantReadError):
            what = select.POLLIN
        elif isinstance(later, ssl.SSLWantWriteError):
            what = select.POLLOUT
        ready = select.poll()
        ready.register(self._socket, what)
        ready.poll(seconds * 1000)

    def start_tls(self, trust: Trust, host: str) -> None:
        """Encrypts from here on. Call :meth:`expect_silence` first where clear text came before.

        :raises OSError: the handshake failed; see :func:`handshake`.
        """
        step = self.deadline.step(self.timeout)
        self._use(handshake(self._socket, trust, host, step))
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


_RECORD_TYPES = frozenset({20, 21, 22, 23})
"""First octets of TLS records (RFC 8446 section 5.1)."""


_NO_RECORD = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
"""What OpenSSL calls octets that are no TLS record."""


def is_handshake_failure(error: ssl.SSLError) -> bool:
    """Whether the other side broke off and said no more than that."""
    return (error.reason or "").endswith("ALERT_HANDSHAKE_FAILURE")


class NotTls(ConnectionError):
    """The other side answered the ClientHello with something that is no TLS record.

    ``smtp`` tells whether it began like an SMTP reply, as a port for STARTTLS does.
    """

    def __init__(self, *, smtp: bool) -> None:
        super().__init__("not a TLS record")
        self.smtp = smtp


def handshake(connection: socket.socket, trust: Trust, host: str, step: Deadline) -> ssl.SSLSocket:
    """Performs the handshake on ``connection``, which is closed if that fails in any way.

    :param host: name, or IP address, that the certificate must be for.
    :raises NotTls: no TLS is spoken there.
    :raises Dropped: the connection was closed or reset instead.
    :raises ssl.SSLCertVerificationError: the certificate was refused; ``verify_code`` says why.
    :raises app.mail.trust.peer.Untrusted: it has not the pinned key.
    :raises OSError: it failed otherwise, or was not done in time.
    """
    context = client_context(trust)
    try:
        connection.getpeername()  # Python 3.11 takes one over that was reset, and never closes it
    except OSError:
        connection.close()
        raise Dropped from None
    secured = context.wrap_socket(
        connection, server_hostname=host.rstrip("."), do_handshake_on_connect=False
    )
    with ExitStack() as unless_done:
        unless_done.callback(secured.close)
        try:
            secured.settimeout(0)
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                _require_tls(secured, step)
                secured.settimeout(step.left())
                secured.do_handshake()
            confirm(secured, trust)
        except (ssl.SSLEOFError, ConnectionResetError, BrokenPipeError):
            raise Dropped from None
        except OSError as error:
            if getattr(error, "reason", None) in _NO_RECORD:  # it spoke before we could look
                raise NotTls(smtp=True) from None
            raise
        unless_done.pop_all()
    return secured


def _require_tls(secured: ssl.SSLSocket, step: Deadline) -> None:
    """Looks at the first octet of the answer to our ClientHello without taking it."""
    secured.settimeout(step.left())
    first = socket.socket.recv(secured, 1, socket.MSG_PEEK)  # the SSL method knows no flags
    if not first:
        raise Dropped
    if first[0] not in _RECORD_TYPES:
        raise NotTls(smtp=first in b"2345")


def client_hello() -> bytes:
    """The first octets of a handshake with nobody in particular, to see who answers them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):  # there is nobody to read from
        context.wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
    return outgoing.read()
