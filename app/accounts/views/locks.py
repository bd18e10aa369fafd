"""The page a locked person sees, and the one that takes the code."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts import clients, lockout, unlock
from app.accounts.forms import UnlockForm, typed
from app.accounts.lockout import Lock
from app.accounts.sessions import remember_browser
from app.accounts.views import blueprint
from app.extensions import limiter
from app.mailer.summary import Prospect, current_prospect
from app.mailer.whom_to_ask import WAITING
from app.runtime import runtime
from app.web.context import client_ip, db
from app.web.later import seconds_until

FLOOD = "120 per 15 minutes"


def locked_page(email: str, lock: Lock, now: datetime) -> Response:
    """Says the same to everybody: until when, and what lifts the lock before that."""
    form = UnlockForm(formdata=None, email=email)
    page = render_template(
        "accounts/locked.html",
        form=form,
        until=lock.until,
        code_asked=lock.code_asked,
        **_about_mail(),
    )
    return Response(
        page, 429, {"Retry-After": str(seconds_until(lock.until, now))}, mimetype="text/html"
    )


@blueprint.get("/unlock", endpoint="unlock")
def unlock_page() -> str:
    form = UnlockForm(formdata=None, email=request.args.get("email", "")[:320])
    return render_template("accounts/unlock.html", form=form, **_about_mail())


@blueprint.post("/unlock")
@limiter.limit(FLOOD)
def unlock_submit() -> Response | tuple[str, int]:
    form = UnlockForm()
    if not form.validate():
        return _again(form)
    run, ip, now = runtime(), client_ip(), runtime().now()
    clients.refuse_guesser(db(), run.config, purpose=unlock.WRONG_CODES, ip=ip, now=now)
    lifted = unlock.lift_with_code(
        db(), run, address=form.email.address, code=typed(form.code), ip=ip, now=now
    )
    if lifted and lifted.user:
        # Whoever reads the mailbox is let off strangers' failures in this browser from now on.
        device = remember_browser(lifted.user)
        lockout.inherit(db(), device=device, address=lifted.user.address)
    db().commit()
    if not lifted:
        form.code.errors = [
            "This code is wrong, used up or older than ten minutes. After five tries no code"
            " works any more, and the lock ends by itself."
        ]
        return _again(form)
    flash("The lock is lifted. Sign in with your password; a wrong one locks it again.", "good")
    return redirect(url_for("accounts.login"), 303)


def _again(form: UnlockForm) -> tuple[str, int]:
    page = render_template("accounts/unlock.html", form=form, **_about_mail())
    return page, 422


def _about_mail() -> dict[str, object]:
    expected = current_prospect()
    return {
        "mail_pending": expected is Prospect.NONE,
        "mail_waits": expected is Prospect.WAITS,
        "waiting": WAITING,
    }
