"""A policy service for Postfix that greylists: what is new has to come back later.

The protocol is that of Postfix's SMTPD_POLICY_README: lines of ``name=value``, a blank line, and
one ``action=`` in return.
"""

from __future__ import annotations

import socketserver
import threading
from typing import Self

DEFER = "DEFER_IF_PERMIT 4.2.0 Greylisted, see http://postgrey.example.test/help"


class Greylist:
    """``with Greylist() as policy``: listens on ``policy.port`` of 127.0.0.1.

    Turns each pair of sender and recipient away the first time. ``asked`` counts the pairs.
    """

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], int] = {}
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                request: dict[str, str] = {}
                for line in self.rfile:
                    name, _, value = line.decode().strip().partition("=")
                    if name:
                        request[name] = value
                        continue
                    self.wfile.write(f"action={outer._decide(request)}\n\n".encode())
                    request = {}

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _decide(self, request: dict[str, str]) -> str:
        pair = request.get("sender", ""), request.get("recipient", "")
        self.asked[pair] = self.asked.get(pair, 0) + 1
        return DEFER if self.asked[pair] == 1 else "DUNNO"
