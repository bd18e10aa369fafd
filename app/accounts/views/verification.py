"""The page behind a verification link, and asking for that mail again."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts import verification
from app.accounts.forms import ConfirmForm, NewPasswordForm, typed
from app.accounts.passwords import hash_password
from app.accounts.sessions import person
from app.accounts.tokens import Purpose
from app.accounts.users import AddressTaken
from app.accounts.verification import Opened
from app.accounts.views import blueprint
from app.accounts.views.refusals import mail_pending, too_many_mails
from app.extensions import limiter
from app.mailer.active import MailPending
from app.mailer.summary import promise
from app.runtime import runtime
from app.throttle import TooMany
from app.web.context import client_ip, db
from app.web.errors import Refusal
from app.web.guards import signed_in

FLOOD = "120 per 15 minutes"


@blueprint.get("/verify-email/<token>")
def verify_email(token: str) -> str:
    """Looking uses nothing up: mail scanners open links too."""
    opened = _look(token)
    return _already() if opened is None else _page(opened, _form(opened))


@blueprint.post("/verify-email/<token>")
@limiter.limit(FLOOD)
def confirm_email(token: str) -> Response | tuple[str, int]:
    run = runtime()
    opened = _look(token)
    if opened is None:
        return redirect(url_for("accounts.verify_email", token=token), 303)
    form = _form(opened)
    if not form.validate():
        return _page(opened, form), 422
    hashed = hash_password(typed(form.password)) if isinstance(form, NewPasswordForm) else None
    try:
        done = verification.finish(
            db(), run, secret=token, password_hash=hashed, ip=client_ip(), now=run.now()
        )
    except AddressTaken:
        raise _taken() from None
    if done is None:
        db().rollback()
        if _look(token) is None:  # pressed twice: the other press was quicker
            return redirect(url_for("accounts.verify_email", token=token), 303)
        raise _dead_link()
    db().commit()
    flash(_what_happened(opened), "good")
    return redirect(url_for("accounts.index"), 303)


@blueprint.post("/account/verify-email")
@limiter.limit(FLOOD)
@signed_in
def send_verification() -> Response:
    session, run = db(), runtime()
    if current_user.email_verified_at is not None:
        flash("Your address is verified already.", "good")
        return redirect(url_for("accounts.account"), 303)
    try:
        verification.start_verification(session, run, user=person(), now=run.now())
    except MailPending:
        raise mail_pending(
            "no verification mail can be sent",
            "Your address can be verified later; nothing else waits for it.",
        ) from None
    except TooMany as refused:
        raise too_many_mails(refused.retry_at, run.now()) from None
    session.commit()
    flash(
        *promise(
            f"A mail with a link is on its way to {current_user.email}.",
            f"A mail with a link to {current_user.email} was written.",
        )
    )
    return redirect(url_for("accounts.account"), 303)


def _look(token: str) -> Opened | None:
    """What a link is good for; ``None`` when it did its work before. Raises for a dead one."""
    with runtime().database.session(reading=True) as reading:
        opened = verification.look(reading, secret=token, now=runtime().now())
        done = opened is None and verification.was_verified(reading, secret=token)
    if opened is None and not done:
        raise _dead_link()
    return opened


def _already() -> str:
    return render_template("accounts/verified_already.html")


def _form(opened: Opened) -> NewPasswordForm | ConfirmForm:
    if opened.needs_password:
        return NewPasswordForm(owner=opened.email, owner_name=opened.user.name)
    return ConfirmForm()


def _page(opened: Opened, form: NewPasswordForm | ConfirmForm) -> str:
    return render_template(
        "accounts/verify_email.html",
        form=form,
        opened=opened,
        changes=opened.purpose is Purpose.CHANGE_EMAIL,
    )


def _what_happened(opened: Opened) -> str:
    if opened.purpose is Purpose.CHANGE_EMAIL:
        return f"Your address is now {opened.email}. Use it to sign in from now on."
    if opened.needs_password:
        return "Your address is verified and your password is set. Sign in with both."
    return "Your address is verified."


def _dead_link() -> Refusal:
    return Refusal(
        410,
        "This link no longer works",
        "It was used already, has run out, or a newer one took its place.",
        "Sign in and have the mail sent again from your account page. If you have no password"
        " yet, ask the administrator who invited you to send the link again.",
        url_for("accounts.account"),
        "Go to your account",
    )


def _taken() -> Refusal:
    return Refusal(
        409,
        "This address belongs to another account",
        "Somebody uses it to sign in already, and an address stands for one account only.",
        "Sign in with that account, or ask for the change with another address.",
        url_for("accounts.account"),
        "Go to your account",
    )
