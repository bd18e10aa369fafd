"""``/healthz``: the process answers. Answered in front of everything that could wait for anything.

Whoever restarts a program that does not answer must not be told about the database: a restart mends
none. No session is opened, no file read, no lock taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/healthz"
_BODY = b'{"status":"ok"}\n'
_METHODS = ("GET", "HEAD")


class Liveness:
    """Answers that one path and passes everything else on."""

    def __init__(self, behind: WSGIApplication) -> None:
        self._behind = behind

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return self._behind(environ, start)
        method = environ.get("REQUEST_METHOD")
        body = _BODY if method in _METHODS else b""
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if method not in _METHODS:
            headers.append(("Allow", ", ".join(_METHODS)))
        start("200 OK" if method in _METHODS else "405 Method Not Allowed", headers)
        return [] if method == "HEAD" else [body]


def init_app(app: Flask) -> None:
    app.wsgi_app = Liveness(app.wsgi_app)  # type: ignore[assignment]
