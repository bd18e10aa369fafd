"""The request's database session and who acts in it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g, has_request_context, request, session
from flask_login import current_user
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.client import client_ip
from app.runtime import runtime

__all__ = ["Actor", "actor", "browser", "client_ip", "db"]


@dataclass(frozen=True)
class Actor:
    """Who does something, for the audit log. ``label`` is an address or a name like ``shell``."""

    id: int | None
    label: str
    ip: str | None


def db() -> Session:
    """The session of this request, closed (and rolled back) when it ends.

    GET and HEAD requests only read, so theirs never waits for a writer.
    """
    if "db" not in g:
        reading = has_request_context() and request.method in {"GET", "HEAD", "OPTIONS"}
        g.db = runtime().database.session(reading=reading)
    session = g.db
    assert isinstance(session, Session)
    return session


def actor() -> Actor:
    """The person behind this request; ``anonymous`` before signing in."""
    if current_user.is_authenticated:
        return Actor(int(current_user.id), str(current_user.email), client_ip() or None)
    return Actor(None, "anonymous", client_ip() or None)


def browser() -> str:
    """Names the session of this browser, for what only the same one may finish. A secret."""
    return str(session.get("_user_id", ""))  # flask-login's name for it


def init_app(app: Flask) -> None:
    @app.teardown_appcontext
    def _close(_error: BaseException | None) -> None:
        session = g.pop("db", None)
        if session is None:
            return
        try:
            session.close()
        except DBAPIError:
            # The answer stands already. A connection that cannot even roll back is dead, and what
            # it had not committed is gone with it.
            session.invalidate()
