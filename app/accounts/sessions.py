"""Signing in and out: the cookies of a browser, and whom its requests belong to.

The session cookie carries a secret that stands for a row; the second cookie says that this browser
is known, and outlives sessions.
"""

from __future__ import annotations

from flask import Flask, Response, g, request, session
from flask_login import current_user, logout_user

from app.accounts import devices, session_rows
from app.accounts.browsers import describe
from app.accounts.models import KnownDevice, User, UserSession
from app.accounts.session_rows import Client, Way
from app.extensions import login_manager
from app.runtime import runtime
from app.web.context import client_ip, db

KNOWN_BROWSER_COOKIE = "novantra_browser"
# Where flask-login looks for whom a session belongs to.
SECRET = "_user_id"  # noqa: S105 - a name, not a secret


def sign_in(user: User, way: Way) -> None:
    """Start a session from nothing: what an earlier visitor left in it is dropped.

    Writes the session's row; the caller commits.
    """
    device = remember_browser(user)
    client = Client(describe(request.headers.get("User-Agent", "")), client_ip())
    secret = session_rows.begin(
        db(), user=user, way=way, client=client, known_device=device, now=runtime().now()
    )
    session.clear()
    session.permanent = True
    session[SECRET] = secret


def sign_out() -> None:
    """End this browser's session, and with it every copy of its cookie; the caller commits."""
    secret = session.get(SECRET)
    if isinstance(secret, str):
        session_rows.end_by_secret(db(), secret=secret, now=runtime().now())
    logout_user()
    session.clear()


def remember_browser(user: User) -> KnownDevice:
    """Give this browser the cookie by which it is known as that person's; the caller commits."""
    device, g.known_browser = devices.remember(
        db(), user=user, secret=known_browser(), now=runtime().now()
    )
    return device


def known_browser() -> str | None:
    """The secret by which this browser says it is known."""
    return request.cookies.get(KNOWN_BROWSER_COOKIE)


def person() -> User:
    """Who is signed in, as the row itself; only behind a guard."""
    found = current_user._get_current_object()
    assert isinstance(found, User)
    return found


def current_session() -> UserSession:
    """The session of this request; only behind a guard."""
    assert current_user.is_authenticated
    found = g.user_session
    assert isinstance(found, UserSession)
    return found


def load_user(secret: object) -> User | None:
    """The person of a session while its row lasts. Cookies of other shapes are nobody's."""
    if not isinstance(secret, str):
        return None
    now = runtime().now()
    found = session_rows.find(db(), secret=secret, now=now)
    if found is None:
        return None
    g.user_session, user = found
    if request.method in {"GET", "HEAD"}:
        session_rows.seen(runtime().database, g.user_session, ip=client_ip(), now=now)
    return user


def _give_cookie(response: Response) -> Response:
    secret = g.pop("known_browser", None)
    if secret is not None and response.status_code < 400:
        response.set_cookie(
            KNOWN_BROWSER_COOKIE,
            secret,
            max_age=devices.LIFETIME,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def init_app(app: Flask) -> None:
    login_manager.user_loader(load_user)
    login_manager.session_protection = None  # it would end sessions when an address changes
    app.config["PERMANENT_SESSION_LIFETIME"] = session_rows.LIFETIME
    app.after_request(_give_cookie)
