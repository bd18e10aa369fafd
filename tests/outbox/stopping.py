"""A relay that stops at a chosen point of a conversation and tells the test that it got there."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import suppress
from typing import Self


class StoppingRelay:
    """``stop_at``: ``backlog``, ``connected``, ``rcpt``, ``dot`` or nothing.

    At that point it sets ``reached`` and says no more until ``go_on`` is set. ``messages`` holds
    what it took whole, also what it never answered for.
    """

    def __init__(self, stop_at: str | None = None) -> None:
        self.stop_at = stop_at
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.messages: list[bytes] = []
        self._lock = threading.Lock()
        self._fillers: list[socket.socket] = []
        relay = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):  # the client was killed
                    relay._converse(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 0 if stop_at == "backlog" else 50

        self._server = Server(("127.0.0.1", 0), Conversation)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        if self.stop_at == "backlog":
            self._fill()
        else:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self._empty()

    def heal(self) -> None:
        """From now on it takes everything."""
        self.stop_at = None
        self.go_on.set()
        if not self._thread.is_alive():
            self._empty()
            self._thread.start()

    def _fill(self) -> None:
        """Nobody accepts and the queue of connections is full: the next one waits in connect."""
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers.append(filler)

    def _empty(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()

    def _point(self, name: str) -> None:
        if self.stop_at == name:
            self.reached.set()
            self.go_on.wait(60)

    def _converse(self, peer: socketserver.StreamRequestHandler) -> None:
        def say(line: bytes) -> None:
            peer.wfile.write(line + b"\r\n")

        self._point("connected")
        say(b"220 relay.example.test ESMTP")
        while line := peer.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say(b"250-relay.example.test")
                say(b"250 ENHANCEDSTATUSCODES")
            elif verb == b"DATA":
                self._point("rcpt")
                say(b"354 go ahead")
                content = b""
                while (line := peer.rfile.readline()) != b".\r\n":
                    if not line:
                        return
                    content += line
                with self._lock:
                    self.messages.append(content)
                self._point("dot")
                say(b"250 2.0.0 taken")
            elif verb == b"QUIT":
                say(b"221 2.0.0 bye")
                return
            else:
                say(b"250 2.0.0 fine")
