"""Every request has a word of its own, which the answer carries as ``X-Request-ID``.

A trusted proxy may have given it one already; then that is it.
"""

from __future__ import annotations

from flask import Flask, Response, request

from app import correlation
from app.runtime import runtime

HEADER = "X-Request-ID"


def init_app(app: Flask) -> None:
    @app.before_request
    def _begin() -> None:
        given = request.headers.get(HEADER) if runtime().config.trusted_proxies else None
        correlation.begin(correlation.fit(given) or correlation.new())

    @app.after_request
    def _tell(response: Response) -> Response:
        word = correlation.current()
        if word is not None:
            response.headers[HEADER] = word
        return response

    @app.teardown_request
    def _end(_error: BaseException | None) -> None:
        correlation.begin(None)
