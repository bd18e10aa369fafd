"""Refusals and the pages that explain them: cause, then what to do."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, current_app, make_response, render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

log = logging.getLogger("novantra.web")


@dataclass
class Refusal(Exception):
    """Ends a request with a page that says why. ``headers`` go out with it."""

    status: int
    title: str
    cause: str
    next_step: str = ""
    action_href: str | None = None
    action_label: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


STANDARD = {
    400: (
        "This request could not be read",
        "The browser sent something this page does not understand.",
        "Go back, reload the page and try again.",
    ),
    403: (
        "You may not open this page",
        "Your account does not have the permission that this page asks for.",
        "Ask an install administrator if you need it.",
    ),
    404: (
        "There is no such page",
        "The address may be mistyped, or what it named is gone.",
        "Check the address, or go back to the start page.",
    ),
    405: (
        "This page cannot be used that way",
        "The request's method does not fit the page.",
        "Go back and use the buttons on the page.",
    ),
    413: (
        "That was too much at once",
        "The form holds more than this server accepts in one request.",
        "Shorten the text, or split the list into parts.",
    ),
    429: (
        "Too many requests",
        "There were too many attempts from your network address in a short time.",
        "Wait a few minutes and try again.",
    ),
    500: (
        "The server failed on this page",
        "An error in the program was written to the server's log; nothing was saved.",
        "Try again. If it happens again, send the administrator the time it happened.",
    ),
}


def page_for(refusal: Refusal, *, alone: bool = False) -> Response:
    """The answer that shows a refusal. ``alone``: without asking the database for anything."""
    # After a failure the database may be what failed: that page asks nobody who is signed in.
    render = _rendered_alone if alone or refusal.status == 500 else render_template
    body = render(
        "errors/error.html",
        status=refusal.status,
        title=refusal.title,
        cause=refusal.cause,
        next_step=refusal.next_step,
        action_href=refusal.action_href or "/",
        action_label=refusal.action_label or "Go to the start page",
    )
    response = make_response(body, refusal.status)
    response.headers.update(refusal.headers)
    return response


def _rendered_alone(template: str, **values: Any) -> str:
    """Without the context processors, which look into the database."""
    return current_app.jinja_env.get_template(template).render(values)


def _refused(refusal: Refusal) -> Response:
    return page_for(refusal)


def _no_database(error: OperationalError) -> Response:
    log.error("the database does not answer: %s", type(error.orig).__name__)
    return page_for(
        Refusal(
            503,
            "The database does not answer",
            "It is busy or cannot be reached, so this page could not be shown. Nothing was saved.",
            "Try again in a moment. If it happens again, tell whoever runs this server.",
            headers={"Retry-After": "5"},
        ),
        alone=True,
    )


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    refusal = Refusal(status, *STANDARD.get(status, STANDARD[500 if status >= 500 else 400]))
    if status == 429:
        refusal.headers["Retry-After"] = "900"
    if status == 405 and getattr(error, "valid_methods", None):
        refusal.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return page_for(refusal)


def _log_failure(exc_info: Any) -> None:
    """Names the route and not the address: that may hold the secret of a link."""
    route = request.url_rule.rule if request.url_rule else "no route"
    log.error("a page failed: %s %s", request.method, route, exc_info=exc_info)


def init_app(app: Flask) -> None:
    app.log_exception = _log_failure  # type: ignore[method-assign]
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _no_database)
