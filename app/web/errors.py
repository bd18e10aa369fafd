"""Refusals and the pages that explain them: cause, then what to do."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from flask import Flask, Response, current_app, make_response, render_template, request
from flask_limiter.errors import RateLimitExceeded
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.database_faults import DatabaseFault, Word, fault_of
from app.extensions import limiter
from app.web.later import in_words, retry_after, when

ERROR_PAGE = "errors/error.html"
RETRY_PASSING, RETRY_BROKEN = 5, 60
"""Seconds that a caller should wait before it asks a database that cannot be used again."""

DATABASE_TITLES = {
    Word.FULL: "The database has no room left",
    Word.READ_ONLY: "The database cannot be written",
    Word.BUSY: "The database is busy",
    Word.CROWDED: "The database is busy",
    Word.STARTING: "The database is not up yet",
    Word.UNREACHABLE: "The database does not answer",
    Word.DAMAGED: "The database is damaged",
}

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
        "Wait a moment and try again.",
    ),
    500: (
        "The server failed on this page",
        "An error in the program was written to the server's log; nothing was saved.",
        "Try again. If it happens again, send the administrator the time it happened.",
    ),
}


def page_for(refusal: Refusal, *, alone: bool = False) -> Response:
    """The answer that shows a refusal. ``alone``: without asking the database for anything."""
    values: dict[str, object] = {
        "status": refusal.status,
        "title": refusal.title,
        "cause": refusal.cause,
        "next_step": refusal.next_step,
        "action_href": refusal.action_href or "/",
        "action_label": refusal.action_label or "Go to the start page",
    }
    # After a failure the database may be what failed: that page asks nobody who is signed in.
    if alone or refusal.status == 500:
        body = _rendered_alone(ERROR_PAGE, values)
    else:
        try:
            body = render_template(ERROR_PAGE, **values)
        except SQLAlchemyError as error:  # what surrounds the page looked into the database
            _log_fault(fault_of(error))
            body = _rendered_alone(ERROR_PAGE, values)
    response = make_response(body, refusal.status)
    response.headers.update(refusal.headers)
    return response


def _rendered_alone(template: str, values: dict[str, object]) -> str:
    """Without the context processors, which look into the database."""
    return current_app.jinja_env.get_template(template).render(values)


def _refused(refusal: Refusal) -> Response:
    return page_for(refusal)


def _no_database(error: Exception) -> Response:
    """503 with the cause while the database is at fault; a mistake of ours stays a 500."""
    fault = fault_of(error)
    if not fault.is_known:
        raise error
    _log_fault(fault)
    return page_for(
        Refusal(
            503,
            DATABASE_TITLES.get(fault.word, "The database cannot be used"),
            f"{fault.sentence} Nothing was saved.",
            "Try again in a moment. If it happens again, tell whoever runs this server."
            if fault.passes
            else f"Whoever runs this server has to do something about it. {fault.cure}",
            headers={"Retry-After": str(RETRY_PASSING if fault.passes else RETRY_BROKEN)},
        ),
        alone=True,
    )


def _no_keys(error: Exception) -> Response:
    """503 on every page that would have to seal or open something, and keys that cannot be used.

    The message names the key or the place of a value, never a secret; it is for who runs the
    server, so it goes to the log, and the page says what everybody may know.
    """
    log.error("the keys cannot be used: %s", error)
    return page_for(
        Refusal(
            503,
            "The install’s keys cannot be used",
            "What this page does needs the keys that protect stored secrets and mail, and they are"
            " missing or damaged. Nothing was saved.",
            "Whoever runs this server has to bring them back. On the server, “keys doctor” names"
            " what cannot be read.",
            headers={"Retry-After": str(RETRY_BROKEN)},
        )
    )


def _log_fault(fault: DatabaseFault) -> None:
    log.error("the database cannot be used: %s", fault.cause, extra={"code": fault.code})


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    refusal = Refusal(status, *STANDARD.get(status, STANDARD[500 if status >= 500 else 400]))
    if isinstance(error, RateLimitExceeded):
        _tell_when(refusal, error)
    if status == 405 and getattr(error, "valid_methods", None):
        refusal.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return page_for(refusal)


def _tell_when(refusal: Refusal, error: RateLimitExceeded) -> None:
    """The limiter counts in windows of its own; the end of this one is when it frees."""
    now = datetime.now(UTC)
    reached = limiter.current_limit
    limit = error.limit.limit
    window = timedelta(seconds=limit.get_expiry())
    frees_at = datetime.fromtimestamp(reached.reset_at, UTC) if reached else now
    # The limiter adds a second to be sure; no window ends later than its own length from now.
    frees_at = min(frees_at, now + window)
    refusal.cause = (
        f"More than {limit.amount} requests of this kind came from your network address within"
        f" {in_words(window)}."
    )
    refusal.next_step = f"Try again {when(frees_at, now)}."
    refusal.headers.update(retry_after(frees_at, now))


def _log_failure(exc_info: Any) -> None:
    """Names the route and not the address: that may hold the secret of a link."""
    route = request.url_rule.rule if request.url_rule else "no route"
    log.error("a page failed: %s %s", request.method, route, exc_info=exc_info)


def init_app(app: Flask) -> None:
    app.log_exception = _log_failure  # type: ignore[method-assign]
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    for unusable in (KeysUnusable, SealBroken):
        app.register_error_handler(unusable, _no_keys)
    for kind in (DBAPIError, PoolTimeout, sqlite3.Error, psycopg.Error):
        app.register_error_handler(kind, _no_database)
