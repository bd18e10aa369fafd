"""Requests that name no possible host end here, before anything is built from the name.

Which host a request names decides nothing in Novantra (links come from the access URL), so any
possible one is served. What cannot be a host name would break the routing behind this, error
pages included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# RFC 9110 section 7.2: a name, an IPv4 address or an IPv6 address in brackets, and a port.
_HOST = re.compile(
    r"(?:(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?",
    re.IGNORECASE,
)
_MAXIMUM = 260
"""A name of 253 octets (RFC 1035 section 2.3.4), a final dot, a colon and five digits."""


class OnlyPossibleHosts:
    """Answers 400 in plain text to a ``Host`` that nothing can have."""

    def __init__(self, behind: WSGIApplication) -> None:
        self._behind = behind

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        host = str(environ.get("HTTP_HOST", ""))
        if not host or (len(host) <= _MAXIMUM and _HOST.fullmatch(host)):
            return self._behind(environ, start)
        body = b"400 Bad Request: the Host header names no possible host.\n"
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start("400 Bad Request", headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]


def init_app(app: Flask) -> None:
    app.wsgi_app = OnlyPossibleHosts(app.wsgi_app)  # type: ignore[assignment]
