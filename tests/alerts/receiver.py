"""A real HTTP server that alerts go to, and that behaves as a test says."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


def status(code: int, body: bytes = b"ok", **headers: str) -> Behaviour:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang(seconds: float) -> Behaviour:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)

    return answer


def drip(handler: BaseHTTPRequestHandler) -> None:
    """An answer of a byte a second that never ends."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(60):
            handler.wfile.write(b"x")
            time.sleep(0.5)
    except OSError:
        return


def huge(handler: BaseHTTPRequestHandler) -> None:
    """200, and then 50 MB."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n")
        for _ in range(800):
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        return


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 relay.acme.test ESMTP\r\n")


def backwards(handler: BaseHTTPRequestHandler) -> None:
    """200, and a chunk of a negative length."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nx")


class Receiver:
    """``answers``: each used once, the last one for ever after. ``asked``: what came."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.answers: list[Behaviour] = [status(200)]
        self.asked: list[Asked] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.asked.append(Asked(self.command, self.path, headers, body))
                answers = receiver.answers
                behave = answers.pop(0) if len(answers) > 1 else answers[0]
                behave(self)
                self.close_connection = True

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:
                """Tests look at ``asked``."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Who is hung up on may complain; nobody reads it."""

        self._http = Server((host, 0), Handler)
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.port = int(self._http.server_address[1])
        self.scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def url(self, path: str = "/services/T000/B000/aVeryLongSecretPart") -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    @property
    def types(self) -> list[str]:
        """The types of the webhooks that came."""
        return [str(asked.json["type"]) for asked in self.asked]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
