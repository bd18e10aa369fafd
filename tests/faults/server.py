"""A relay that misbehaves on purpose, over raw sockets: :class:`BadServer`.

::

    with BadServer("F08-454") as server:
        ...  # server.host, server.port, server.tls ("none", "starttls" or "implicit")
    assert server.auth_count == 0

What each scenario does is told beside it in :mod:`tests.faults.scenarios`.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from tests.certificates import server_context
from tests.faults.scenarios import SCENARIOS, Scenario, Step

PASSWORD = "correct horse <é> battery"
"""What every login here uses: not ASCII, and with signs that mean something in a page."""


class Over(Exception):
    """The conversation has ended."""


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, server: BadServer) -> None:
        self.connection = connection
        self.server = server
        self.stopping = server.stopping
        self.commands: list[str] = []
        self.chunks = b""
        self._buffer = b""

    @property
    def encrypted(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket)

    def say(self, octets: bytes) -> None:
        """Sends in one segment."""
        try:
            self.connection.sendall(octets)
        except OSError:
            raise Over from None

    def drip(self, octets: bytes, interval: float) -> None:
        """Sends an octet, waits, sends the next."""
        for octet in octets:
            self.say(bytes([octet]))
            if self.stopping.wait(interval):
                raise Over

    def wait(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Over

    def listen_only(self) -> None:
        """Takes whatever comes and never speaks again."""
        while True:
            self._receive()

    def hear(self) -> None:
        """Takes the next segment, whatever it is."""
        self._receive()

    def line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._receive()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def body(self) -> bytes:
        """Everything up to the final dot, dots as they came; what is behind it stays."""
        while b"\r\n.\r\n" not in (begun := b"\r\n" + self._buffer):
            self._receive()
        body, _, self._buffer = begun.partition(b"\r\n.\r\n")
        return body[2:] + b"\r\n"

    def octets(self, count: int) -> bytes:
        """Exactly so many, as they came."""
        while len(self._buffer) < count:
            self._receive()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    @property
    def has_more(self) -> bool:
        """Whether something came behind the line that was read last."""
        return bool(self._buffer)

    def forget(self) -> None:
        """Loses what came behind the line that was read last."""
        self._buffer = b""

    def reset(self) -> None:
        """Hangs up with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Over

    def drop(self) -> None:
        """Hangs up in the ordinary way."""
        raise Over

    def encrypt(self, context: ssl.SSLContext | None = None) -> None:
        context = context or server_context(self.server.scenario.certificate)
        try:
            self.connection.getpeername()  # Python 3.11 never closes one that was reset before this
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except OSError:
            raise Over from None
        self._buffer = b""

    def _receive(self) -> None:
        try:
            octets = self.connection.recv(65536)
        except OSError:
            raise Over from None
        if not octets:
            raise Over
        self._buffer += octets
        self.server.received.append(octets)
        if not self.encrypted:
            self.server.in_clear.append(octets)


class BadServer:
    """Plays a scenario, or the one with the given id, to everybody who connects, until it is
    stopped.

    ``tls`` overrides the scenario's own choice of ``none``, ``starttls`` or ``implicit``;
    ``besides`` is offered in the reply to EHLO beside what the scenario offers.

    What happened is in ``connections`` (how many), ``commands``, ``auth_count``, ``received`` and
    ``in_clear`` (octets, all and unencrypted ones), ``messages`` (bodies that came with a final
    dot) and ``accepted`` (those of them that were answered with 250).
    """

    def __init__(
        self,
        scenario: str | Scenario,
        *,
        tls: str | None = None,
        host: str = "127.0.0.1",
        besides: tuple[bytes, ...] = (),
    ) -> None:
        self.scenario = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
        self.besides = besides
        self.tls = tls or self.scenario.tls
        self.host = host
        self.connections = 0
        self.commands: list[str] = []
        self.received: list[bytes] = []
        self.in_clear: list[bytes] = []
        self.messages: list[bytes] = []
        self.accepted: list[bytes] = []
        self.stopping = threading.Event()
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((host, 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def auth_count(self) -> int:
        """How many AUTH commands came."""
        return sum(1 for command in self.commands if command.upper().startswith("AUTH"))

    @property
    def all_received(self) -> bytes:
        return b"".join(self.received)

    def play(self, scenario: str) -> None:
        """Misbehave in another way from here on; what is offered stays."""
        self.scenario = replace(SCENARIOS[scenario], offers=self.scenario.offers)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Hangs up on everybody and stops listening."""
        self.stopping.set()
        with self._lock:
            connections = list(self._open)
        for connection in [self._listener, *connections]:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in list(self._threads):
            thread.join(5)
        self._listener.close()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        peer = Peer(connection, self)
        try:
            self._converse(peer)
        except Over:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            peer.connection.close()

    def _converse(self, peer: Peer) -> None:
        if self.tls == "implicit":
            self._step(peer, "TLS", Peer.encrypt)
        self._step(peer, "banner", b"220 bad.example.test ESMTP\r\n")
        while True:
            line = peer.line().decode("utf-8", "replace")
            self.commands.append(line)
            peer.commands.append(line)
            verb = line.partition(" ")[0].upper()
            if verb in {"MAIL", "RSET"}:
                peer.chunks = b""
            self._step(peer, verb, self._ordinary(verb, line))

    def _step(self, peer: Peer, name: str, ordinary: Step) -> None:
        """Does what the scenario has for this step, or what any server would do."""
        step = self.scenario.steps.get(name, ordinary)
        if isinstance(step, list):
            with self._lock:
                index = self._counts.get(name, 0)
                self._counts[name] = index + 1
            step = (step[index] if index < len(step) else None) or ordinary
        if isinstance(step, bytes):
            peer.say(step)
        else:
            step(peer)
        if name == "DATA" and isinstance(step, bytes) and step.startswith(b"354"):
            self._body(peer)

    def _body(self, peer: Peer) -> None:
        self.messages.append(peer.body())
        self._step(peer, ".", self.queued)

    def chunk(self, peer: Peer, line: str) -> None:
        """BDAT (RFC 3030): the octets, and the answer that the final dot would get."""
        _, count, *last = line.upper().split()
        peer.chunks += peer.octets(int(count))
        if not last:
            peer.say(b"250 2.0.0 so far so good\r\n")
            return
        self.messages.append(peer.chunks)
        peer.chunks = b""
        self._step(peer, ".", self.queued)

    def queued(self, peer: Peer) -> None:
        """Takes the message that came last."""
        self.accepted.append(self.messages[-1])
        peer.say(b"250 2.0.0 queued\r\n")

    def _ordinary(self, verb: str, line: str) -> Step:
        answers: dict[str, Step] = {
            "EHLO": self._offers,
            "HELO": b"250 bad.example.test\r\n",
            "STARTTLS": self._starttls,
            "AUTH": _login_dance(line),
            "MAIL": b"250 2.1.0 OK\r\n",
            "RCPT": b"250 2.1.5 OK\r\n",
            "DATA": b"354 go ahead\r\n",
            "BDAT": _chunk,
            "RSET": b"250 2.0.0 OK\r\n",
            "QUIT": _goodbye,
        }
        return answers.get(verb, b"500 5.5.1 unknown command\r\n")

    def _offers(self, peer: Peer) -> None:
        offers = [*self.scenario.offers, *self.besides]
        if self.tls == "starttls" and not peer.encrypted:
            offers = [offer for offer in offers if not offer.startswith(b"AUTH")]
            if self.scenario.offers_starttls:
                offers.append(b"STARTTLS")
        lines = [b"bad.example.test", *offers]
        peer.say(
            b"".join(b"250-" + line + b"\r\n" for line in lines[:-1])
            + b"250 "
            + lines[-1]
            + b"\r\n"
        )

    def _starttls(self, peer: Peer) -> None:
        peer.say(b"220 2.0.0 go ahead\r\n")
        self._step(peer, "TLS", Peer.encrypt)


def _login_dance(line: str) -> Callable[[Peer], None]:
    def dance(peer: Peer) -> None:
        if line.upper() == "AUTH LOGIN":
            peer.say(b"334 VXNlcm5hbWU6\r\n")
            peer.line()
            peer.say(b"334 UGFzc3dvcmQ6\r\n")
            peer.line()
        peer.say(b"235 2.7.0 welcome\r\n")

    return dance


def _chunk(peer: Peer) -> None:
    peer.server.chunk(peer, peer.commands[-1])


def _goodbye(peer: Peer) -> None:
    peer.say(b"221 2.0.0 bye\r\n")
    peer.drop()
