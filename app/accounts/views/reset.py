"""Asking for a reset link, and choosing a new password with it."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.accounts import intents, reset
from app.accounts.forms import AddressForm, NewPasswordForm, typed
from app.accounts.passwords import hash_password
from app.accounts.sessions import remember_browser
from app.accounts.views import blueprint
from app.extensions import limiter
from app.mailer.summary import Prospect, current_prospect
from app.mailer.whom_to_ask import WAITING
from app.runtime import runtime
from app.web.context import client_ip, db
from app.web.errors import Refusal

ASKING_FLOOD = "60 per 15 minutes"
CHOOSING_FLOOD = "120 per 15 minutes"


@blueprint.get("/forgot-password")
def forgot_password() -> str:
    return _ask(AddressForm())


@blueprint.post("/forgot-password")
@limiter.limit(ASKING_FLOOD)
def ask_for_reset() -> Response | tuple[str, int]:
    """Known and unknown addresses leave the same row; the worker finds out which it was."""
    form = AddressForm()
    if _mail_pending():
        return _ask(form, attempted=True), 503
    if not form.validate():
        return _ask(form), 422
    session, run = db(), runtime()
    intents.ask(
        session,
        run,
        kind=intents.PASSWORD_RESET,
        address=form.email.address,
        ip=client_ip(),
        now=run.now(),
    )
    session.commit()
    return redirect(url_for("accounts.reset_asked"), 303)


@blueprint.get("/forgot-password/sent")
def reset_asked() -> str:
    return render_template(
        "accounts/reset_asked.html", waits=current_prospect() is not Prospect.GOES, waiting=WAITING
    )


@blueprint.get("/reset-password/<token>")
def reset_password(token: str) -> str:
    """Looking uses nothing up: mail scanners open links too."""
    with runtime().database.session(reading=True) as reading:
        found = reset.find(reading, secret=token, now=runtime().now())
    if found is None:
        raise _dead_link()
    return render_template("accounts/reset_password.html", form=NewPasswordForm(), user=found[1])


@blueprint.post("/reset-password/<token>")
@limiter.limit(CHOOSING_FLOOD)
def choose_password(token: str) -> Response | tuple[str, int]:
    run = runtime()
    with run.database.session(reading=True) as reading:
        found = reset.find(reading, secret=token, now=run.now())
    if found is None:
        raise _dead_link()
    user = found[1]
    form = NewPasswordForm(owner=user.email, owner_name=user.name)
    if not form.validate():
        return render_template("accounts/reset_password.html", form=form, user=user), 422
    hashed = hash_password(typed(form.password))
    done = reset.finish(
        db(), run, secret=token, password_hash=hashed, ip=client_ip(), now=run.now()
    )
    if done is None:
        raise _dead_link()
    # Nobody is signed in, but a stranger's failures must not keep the new password out here.
    remember_browser(done)
    db().commit()
    flash("Your password is changed. Sign in with the new one.", "good")
    return redirect(url_for("accounts.login"), 303)


def _ask(form: AddressForm, *, attempted: bool = False) -> str:
    return render_template(
        "accounts/forgot_password.html",
        form=form,
        mail_pending=_mail_pending(),
        mail_waits=current_prospect() is Prospect.WAITS,
        waiting=WAITING,
        attempted=attempted,
    )


def _mail_pending() -> bool:
    return current_prospect() is Prospect.NONE


def _dead_link() -> Refusal:
    return Refusal(
        410,
        "This link no longer works",
        "A reset link works once, for 30 minutes, and only until a newer one is asked for.",
        "If you still need a new password, ask for another link.",
        url_for("accounts.forgot_password"),
        "Ask for another link",
    )
