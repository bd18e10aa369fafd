"""Before setup has finished every page leads to it; afterwards it is closed for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from hmac import compare_digest
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response

from app.install.service import current
from app.install.setup_token import fingerprint, read_token, remove_token
from app.runtime import Runtime, runtime
from app.web.context import db
from app.web.errors import Refusal
from wizard import draft as drafts
from wizard.steps import next_step, reachable

EXTENSION = "novantra.wizard"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
SESSION_KEY = "setup"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass
class SetupState:
    """``finished`` never turns back: an install row is never deleted by the program."""

    finished: bool = False


def setup_state() -> SetupState:
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, SetupState)
    return found


def is_finished(rt: Runtime) -> bool:
    """Ask the database until the answer is yes, then remember it."""
    with rt.database.session(reading=True) as looking:
        return current(looking) is not None


def close() -> None:
    """Setup is finished in this process; the token opens nothing any more."""
    setup_state().finished = True
    remove_token(runtime().config.setup_token_file)


def closed() -> Refusal:
    """The one answer of every setup route once setup has finished."""
    return Refusal(
        404,
        "Setup is finished",
        "This install was set up before, so its setup is closed for good.",
        "Sign in with your account. If nobody can, the server's operator has the commands"
        " users reset-link and users create-admin.",
        "/login",
        "Go to sign-in",
    )


def lead_to_setup() -> Response | None:
    """Runs before every request, also before its form is looked at."""
    state = setup_state()
    if state.finished or request.endpoint == "static" or request.path in OPEN_PATHS:
        return None
    if is_finished(runtime()):
        close()
        return None
    if request.path == "/setup" or request.path.startswith("/setup/"):
        return None
    return redirect(url_for("wizard.start"), 303)


def refuse_when_closed() -> None:
    """Runs before every setup route. Raises the closing page."""
    if setup_state().finished:
        raise closed()


def remember_token(token: str) -> None:
    """This browser has shown the token. Another token, after a fresh start, is not this one."""
    session.clear()
    session[SESSION_KEY] = fingerprint(token)


def token_was_shown() -> bool:
    """Whether this browser has shown the token that is in the file now."""
    token = read_token(runtime().config.setup_token_file)
    return token is not None and compare_digest(
        str(session.get(SESSION_KEY, "")), fingerprint(token)
    )


def stored_draft() -> drafts.Draft:
    """The draft as it stands, read without holding anything: a check of a relay takes seconds.

    Raises the closing page when somebody has finished meanwhile. The draft is read first: its
    absence after a finish is then never taken for an empty one.
    """
    with runtime().database.session(reading=True) as looking:
        draft = drafts.load(looking)
        finished = current(looking) is not None
    if finished:
        close()
        raise closed()
    return draft


def step(view: View) -> View:
    """A wizard page: only with the token, and not before the questions that come earlier."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        shown = token_was_shown()
        draft = stored_draft()
        if not shown:
            return redirect(url_for("wizard.start"), 303)
        if not reachable(draft, f"wizard.{view.__name__}"):
            return redirect(url_for(next_step(draft).endpoint), 303)
        try:
            return view(draft, *args, **kwargs)
        except drafts.SetupClosed:
            db().rollback()
            close()
            raise closed() from None

    return guarded  # type: ignore[return-value]


def init_app(app: Flask) -> None:
    app.extensions[EXTENSION] = SetupState()
    # In front of everything, the form token's check too: an old login form leads here as well.
    app.before_request_funcs.setdefault(None, []).insert(0, lead_to_setup)
