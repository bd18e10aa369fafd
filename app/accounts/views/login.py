"""Signing in and out, and the way from the bare address to where somebody belongs."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts import clients, login
from app.accounts.forms import SignInForm, typed
from app.accounts.sessions import Way, known_browser, sign_in, sign_out
from app.accounts.views import blueprint
from app.accounts.views.locks import locked_page
from app.extensions import limiter
from app.install import service as install
from app.runtime import runtime
from app.web.context import client_ip, db
from app.web.guards import Permission, to_login
from app.web.navigation import navigation
from app.web.redirects import inside

# A guard against floods, not against guessing: whole offices sign in from one address.
FLOOD = "600 per 15 minutes"


@blueprint.get("/")
def index() -> Response:
    if install.current(db()) is None and not runtime().config.is_cloud:
        return redirect("/setup", 303)
    if not current_user.is_authenticated:
        return to_login()
    if current_user.denial(Permission.SYSTEM_CONFIGURE) is None:
        return redirect("/admin/system", 303)
    # Whatever stands first in their navigation: their first organization, if they have one.
    entries = [entry for section in navigation().shown() for entry in section.entries]
    return redirect(entries[0].href if entries else url_for("accounts.account"), 303)


@blueprint.get("/login", endpoint="login")
def login_page() -> str | Response:
    if current_user.is_authenticated:
        return redirect(inside(request.args.get("next")), 303)
    return _sign_in_page(SignInForm())


@blueprint.post("/login")
@limiter.limit(FLOOD)
def sign_in_submit() -> Response | tuple[str, int]:
    form = SignInForm()
    if not form.validate():
        return _sign_in_page(form), 422
    run, ip, now = runtime(), client_ip(), runtime().now()
    with run.database.session(reading=True) as reading:
        clients.refuse_guesser(reading, run.config, purpose=login.WRONG_PASSWORDS, ip=ip, now=now)
        candidate = login.look_up(reading, form.email.address)
    checked = login.check_password(candidate, typed(form.password))
    outcome = login.settle(
        db(),
        run,
        candidate=candidate,
        checked=checked,
        known_browser=known_browser(),
        ip=ip,
        now=now,
    )
    if outcome.user is not None:
        sign_in(outcome.user, Way.PASSWORD)
    db().commit()
    if outcome.user is not None:
        return redirect(inside(request.args.get("next")), 303)
    if outcome.lock is not None:
        return locked_page(typed(form.email), outcome.lock, now)
    return _sign_in_page(form, refused=True), 422


@blueprint.post("/logout")
def logout() -> Response:
    sign_out()
    db().commit()
    return redirect(url_for("accounts.login"), 303)


def _sign_in_page(form: SignInForm, *, refused: bool = False) -> str:
    may_sign_up = runtime().config.is_cloud
    return render_template(
        "accounts/login.html", form=form, refused=refused, may_sign_up=may_sign_up
    )
