"""/signup, /signup/code and /signup/account: in Cloud only."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts import clients
from app.accounts.codes import LIFETIME as CODE_LIFETIME
from app.accounts.passwords import hash_password
from app.accounts.sessions import Way, sign_in
from app.accounts.users import AddressTaken
from app.crypto.keys import KeysUnusable
from app.extensions import limiter
from app.mailer.active import MailPending
from app.mailer.summary import Prospect, current_prospect
from app.mailer.whom_to_ask import waiting
from app.organizations import signup
from app.organizations.forms import SignupAccountForm, SignupCodeForm, SignupForm
from app.organizations.models import SignupRequest
from app.runtime import runtime
from app.throttle import TooMany
from app.web.context import client_ip, db
from app.web.errors import Refusal
from app.web.later import seconds_until, when

# Whole offices sign up from one address; mail bombers need far more.
ASKING_FLOOD = "30 per 15 minutes"
FLOOD = "120 per 15 minutes"
COOKIE = "signup"

blueprint = Blueprint("signup", __name__, url_prefix="/signup")

Answer = Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.get("")
def start_page() -> Answer:
    if current_user.is_authenticated:
        return redirect("/", 303)
    return render_template("organizations/signup.html", form=SignupForm(formdata=None))


@blueprint.post("")
@limiter.limit(ASKING_FLOOD)
def start() -> Answer:
    if current_user.is_authenticated:
        return redirect("/", 303)
    form = SignupForm()
    if not form.validate_on_submit():
        return render_template("organizations/signup.html", form=form), 422
    now = runtime().now()
    try:
        secret = signup.start(db(), runtime(), address=form.email.address, now=now)
    except (MailPending, KeysUnusable):
        form.email.errors = ["No code could be sent, so nothing was begun."]
        return render_template("organizations/signup.html", form=form, mail_down=True), 503
    except TooMany as refused:
        return _too_many(form, refused.retry_at, now)
    db().commit()
    session[COOKIE] = secret
    return redirect(url_for("signup.code_page"), 303)


@blueprint.get("/code")
def code_page() -> Answer:
    request = _current()
    if request is None:
        return _from_the_start()
    if request.confirmed_at:
        return redirect(url_for("signup.account_page"), 303)
    return _ask_code(request, SignupCodeForm(formdata=None))


@blueprint.post("/code")
@limiter.limit(FLOOD)
def code() -> Answer:
    request = _current()
    if request is None:
        return _from_the_start()
    form = SignupCodeForm()
    if not form.validate_on_submit():
        return _ask_code(request, form), 422
    run, now, ip = runtime(), runtime().now(), client_ip()
    clients.refuse_guesser(db(), run.config, purpose=signup.WRONG_CODES, ip=ip, now=now)
    fits = signup.confirm(db(), run, request=request, code=form.code.data or "", ip=ip, now=now)
    db().commit()
    if not fits:
        form.code.errors = [
            "This is not a code that works. One works for 10 minutes and allows five tries:"
            " compare it with the newest mail, or have a new one sent."
        ]
        return _ask_code(request, form), 422
    return redirect(url_for("signup.account_page"), 303)


@blueprint.get("/account")
def account_page() -> Answer:
    request = _current()
    if request is None:
        return _from_the_start()
    if request.confirmed_at is None:
        return redirect(url_for("signup.code_page"), 303)
    form = SignupAccountForm(formdata=None, owner=request.email)
    return render_template("organizations/signup_account.html", form=form, request=request)


@blueprint.post("/account")
@limiter.limit(FLOOD)
def account() -> Answer:
    request = _current()
    if request is None:
        return _from_the_start()
    if request.confirmed_at is None:
        return redirect(url_for("signup.code_page"), 303)
    form = SignupAccountForm(owner=request.email)
    if not form.validate_on_submit():
        page = render_template("organizations/signup_account.html", form=form, request=request)
        return page, 422
    wanted = signup.Account(
        name=form.name.data or "",
        organization_name=form.organization_name.data or "",
        password_hash=hash_password(form.password.data or ""),
    )
    try:
        user, organization = signup.complete(
            db(),
            secret=session[COOKIE],
            account=wanted,
            now=runtime().now(),
            ip=client_ip(),
        )
    except signup.NotConfirmed:
        return _from_the_start()
    except AddressTaken:
        raise Refusal(
            409,
            "This address has an account by now",
            f"While you signed up here, an account was made for {request.email} elsewhere.",
            "Sign in with it. If you do not know the password, choose a new one.",
            action_href="/login",
            action_label="Sign in",
        ) from None
    sign_in(user, Way.SIGNUP)
    db().commit()
    flash(f"Welcome to {organization.name}. You are its first admin.", "good")
    return redirect(url_for("organizations.members", slug=organization.slug), 303)


def _current() -> SignupRequest | None:
    """The signup of this browser. Read apart: no write lock is held while a password is hashed."""
    with runtime().database.session(reading=True) as reading:
        return signup.find(reading, session.get(COOKIE), now=runtime().now())


def _from_the_start() -> Response:
    session.pop(COOKIE, None)
    flash("Begin with your address: this signup was finished, or an hour has passed.", "warn")
    return redirect(url_for("signup.start_page"), 303)


def _ask_code(request: SignupRequest, form: SignupCodeForm) -> str:
    return render_template(
        "organizations/signup_code.html",
        form=form,
        request=request,
        until=request.created_at + CODE_LIFETIME,
        waits=current_prospect() is Prospect.WAITS,
        waiting=waiting(),
    )


def _too_many(form: SignupForm, retry_at: datetime, now: datetime) -> Answer:
    form.email.errors = [
        "Three mails went to this address within 15 minutes. Look for the newest, also among"
        f" spam; the next one can be sent {when(retry_at, now)}."
    ]
    page = render_template("organizations/signup.html", form=form)
    return page, 429, {"Retry-After": str(seconds_until(retry_at, now))}
