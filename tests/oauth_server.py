"""A sign-in service for tests: answers what the test says, and remembers what it was asked.

::

    with TokenServer() as server:
        server.answers = [(400, {"error": "invalid_grant", "error_codes": [700082]})]
    server.asked  # the forms that came, as dictionaries
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

GOOD = {"token_type": "Bearer", "expires_in": 3599, "access_token": "t0ken.of~the-test_1"}

Written = Callable[[BaseHTTPRequestHandler], None]


class TokenServer:
    """``answers``: each used once, the last one for ever after. An answer is a status with a JSON
    object, or a function that writes what it likes. ``base`` is the address to put in the place of
    the vendor's.

    ``good`` are the tokens that a relay is told are good, with their mailboxes, when it asks at
    ``/introspect`` (RFC 7662); such questions are counted in ``introspected`` alone."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, Any]] | Written] = [(200, dict(GOOD))]
        self.headers: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.good: dict[str, str] = {}
        self.introspected: list[str] = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                server._answer(self, self.rfile.read(size).decode())

            def log_message(self, format: str, *args: object) -> None:
                """Tests look at ``asked``."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def _answer(self, handler: BaseHTTPRequestHandler, form: str) -> None:
        if handler.path == "/introspect":
            self._introspect(handler, dict(parse_qsl(form))["token"])
            return
        with self._lock:
            self.asked.append(dict(parse_qsl(form, keep_blank_values=True)))
            self.paths.append(handler.path)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            try:
                answer(handler)
            except OSError:
                return  # the client hung up, which is what the test is about
            return
        self._write(handler, *answer)

    def _introspect(self, handler: BaseHTTPRequestHandler, token: str) -> None:
        with self._lock:
            self.introspected.append(token)
            mailbox = self.good.get(token)
        known = {"active": True, "email": mailbox, "scope": "openid smtp.send"}
        self._write(handler, 200, known if mailbox else {"active": False})

    def _write(self, handler: BaseHTTPRequestHandler, status: int, values: dict[str, Any]) -> None:
        body = json.dumps(values).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """An octet now and then, for ever: no single read ever waits long."""
    while True:
        handler.wfile.write(b"H")
        handler.wfile.flush()
        time.sleep(0.1)


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Takes the request and says nothing."""
    time.sleep(30)


def raw(answer: bytes) -> Written:
    """Exactly these octets."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(answer)

    return write


def html(status: int) -> Written:
    """A gateway's page."""
    page = b"<html><h1>It broke</h1><p>user hr@acme.test</p></html>"
    return raw(
        b"HTTP/1.1 %d X\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
        % (status, len(page), page)
    )


def endless(handler: BaseHTTPRequestHandler) -> None:
    """JSON without an end."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a":"')
    while True:
        handler.wfile.write(b"x" * 65_536)
