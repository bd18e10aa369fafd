"""A connection check as it happens: a line of JSON per step, and last the page with the answer, or
where to go on.

A relay that says nothing takes half a minute, in which a page without news looks broken. Whoever
hangs up ends the check at its next step. Without scripts nothing of this is asked for.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue

from flask import Response as Streamed
from flask import request, stream_with_context
from werkzeug.wrappers import Response

from app.mailer.check import Check, CheckStep, took

MIMETYPE = "application/x-ndjson"
BEAT_SECONDS = 1.0
"""Between two empty lines, by which a server notices that nobody listens any more."""


def is_asked_for() -> bool:
    """Whether this request came from a script that shows a check as it happens."""
    return MIMETYPE in request.accept_mimetypes.values()


class Stopped(Exception):
    """Whoever asked for the check has gone."""


def answer(job: Callable[..., Check], page: Callable[[Check], Response]) -> Response:
    """``page`` with what ``job`` finds: at the end, or as it happens where the request asks so.

    The page that asks so stays where it is, and with it what was typed. Its cookie has gone out
    before the check begins: ``page`` leaves the browser's session alone.
    """
    if not is_asked_for():
        return page(job())
    response = Streamed(stream_with_context(_lines(job, page)), mimetype=MIMETYPE)
    response.headers["X-Accel-Buffering"] = "no"  # nginx passes on what there is
    return response


def _lines(job: Callable[..., Check], page: Callable[[Check], Response]) -> Iterator[str]:
    news: SimpleQueue[CheckStep | Check] = SimpleQueue()
    gone = threading.Event()

    def tell(step: CheckStep) -> None:
        if gone.is_set():
            raise Stopped
        news.put(step)

    def run() -> None:
        with suppress(Stopped):
            news.put(job(on_step=tell))

    checking = threading.Thread(target=run, name="connection-check", daemon=True)
    checking.start()
    try:
        yield from _told(news, checking, page)
    finally:
        gone.set()


def _told(
    news: SimpleQueue[CheckStep | Check],
    checking: threading.Thread,
    page: Callable[[Check], Response],
) -> Iterator[str]:
    while True:
        try:
            item = news.get(timeout=BEAT_SECONDS)
        except Empty:
            if not checking.is_alive() and news.empty():
                raise RuntimeError("the check ended without an answer") from None
            yield "\n"
            continue
        if isinstance(item, Check):
            answer = page(item)
            yield (
                _line(go=answer.location)
                if answer.location
                else _line(page=answer.get_data(as_text=True))
            )
            return
        yield _line(
            step={
                "name": item.name,
                "label": item.label,
                "state": item.state,
                "detail": item.detail or "Not needed",
                "took": took(item.ms) if item.state == "passed" else "",
            }
        )


def _line(**what: object) -> str:
    return json.dumps(what) + "\n"
