"""A person's own page: name, address, password, and where they are signed in."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.accounts import profile, sessions, verification
from app.accounts.banners import about
from app.accounts.forms import (
    CurrentPasswordForm,
    EmailForm,
    NameForm,
    PasswordForm,
    ZoneForm,
    typed,
)
from app.accounts.models import User
from app.accounts.passwords import hash_password, verify_password
from app.accounts.sessions import Way, current_session, person, sign_in, sign_out
from app.accounts.views import blueprint
from app.accounts.views.refusals import mail_pending, too_many_guesses, too_many_mails
from app.audit.log import record
from app.extensions import limiter
from app.install.service import time_zone
from app.mailer.active import MailPending, mail_state, require_mail
from app.mailer.summary import Prospect, current_prospect, promise
from app.runtime import runtime
from app.throttle import TooMany
from app.web.context import actor, db
from app.web.errors import Refusal
from app.web.fields import unknown_zone
from app.web.guards import signed_in
from app.zones import called, clock, first_known

FLOOD = "120 per 15 minutes"
WAYS = {
    Way.PASSWORD: "with the password",
    Way.PASSWORD_CHANGE: "by changing the password",
    Way.INVITATION: "by accepting an invitation",
    Way.SIGNUP: "by signing up",
    Way.SETUP: "by setting Novantra up",
}


@blueprint.get("/account")
@signed_in
def account() -> str:
    return _overview(NameForm(obj=person()))


@blueprint.post("/account")
@signed_in
def rename() -> Response | tuple[str, int]:
    form = NameForm()
    if not form.validate():
        return _overview(form), 422
    profile.rename(db(), user=person(), name=typed(form.name), now=runtime().now(), actor=actor())
    db().commit()
    flash("Your name is saved.", "good")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/time-zone")
@signed_in
def choose_time_zone() -> Response | tuple[str, int]:
    user, form, now = person(), ZoneForm(), runtime().now()
    if not form.validate():
        return _overview(NameForm(formdata=None, obj=user), form), 422
    name = form.time_zone.name_or_none
    profile.choose_time_zone(db(), user=user, name=name, now=now, actor=actor())
    db().commit()
    zone = first_known(name, time_zone(db()))
    flash(f"Saved. It is {clock(now, zone)}.", "good")
    return redirect(url_for("accounts.account") + "#time", 303)


@blueprint.get("/account/email")
@signed_in
def email() -> str:
    return _email_page(EmailForm())


@blueprint.post("/account/email")
@limiter.limit(FLOOD)
@signed_in
def change_email() -> Response | tuple[str, int]:
    form, run, user = EmailForm(), runtime(), person()
    try:
        require_mail(db(), run)
    except MailPending:
        raise mail_pending(
            "a new address cannot be verified",
            "Your present address stays as it is.",
        ) from None
    if not form.validate():
        return _email_page(form), 422
    if form.email.address == user.address:
        form.email.errors = ["This is your address already."]
        return _email_page(form), 422
    if not _knows_current(form, user):
        return _email_page(form), 422
    try:
        verification.start_address_change(
            db(), run, user=user, new=form.email.address, now=run.now(), actor=actor()
        )
    except TooMany as refused:
        raise too_many_mails(refused.retry_at, run.now()) from None
    db().commit()
    until = (
        "Your address changes when the link in it is opened; until then sign in with the present"
        " one."
    )
    flash(
        *promise(
            f"A mail is on its way to {typed(form.email)}. {until}",
            f"A mail to {typed(form.email)} was written. {until}",
        )
    )
    return redirect(url_for("accounts.account"), 303)


@blueprint.get("/account/password")
@signed_in
def password() -> str:
    return _password_page(PasswordForm())


@blueprint.post("/account/password")
@limiter.limit(FLOOD)
@signed_in
def change_password() -> Response | tuple[str, int]:
    user = person()
    form = PasswordForm(owner=user.email, owner_name=user.name)
    if not form.validate() or not _knows_current(form, user):
        return _password_page(form), 422
    db().commit()
    hashed = hash_password(typed(form.password))
    profile.change_password(
        db(), runtime(), user=user, password_hash=hashed, now=runtime().now(), actor=actor()
    )
    sign_in(user, Way.PASSWORD_CHANGE)
    db().commit()
    flash("Your password is changed. You were signed out everywhere else.", "good")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/sessions/<int:session_id>/end")
@signed_in
def end_session(session_id: int) -> Response:
    """Sign one of one's own browsers out; this one too."""
    now = runtime().now()
    ended = sessions.end_one(db(), user=person(), session_id=session_id, now=now)
    if ended is None:
        raise Refusal(
            404,
            "That browser is signed out already",
            "Its session ended meanwhile, by itself or from somewhere else.",
            "Reload your account page to see where you are signed in.",
            url_for("accounts.account"),
            "Go to your account",
        )
    record(db(), now=now, actor=actor(), tag="login:session-ended", target=person().email)
    if ended.id == current_session().id:
        sign_out()
    db().commit()
    flash(f"{ended.device} is signed out.", "good")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/sessions/end-others")
@signed_in
def end_other_sessions() -> Response:
    now = runtime().now()
    ended = sessions.end_all(db(), user=person(), now=now, keep=current_session())
    record(db(), now=now, actor=actor(), tag="login:other-sessions-ended", target=person().email)
    db().commit()
    where = {0: "You were signed in nowhere else", 1: "One other browser is signed out"}
    words = where.get(ended, f"{ended} other browsers are signed out")
    flash(f"{words}. Only this one is known as yours now.", "good")
    return redirect(url_for("accounts.account"), 303)


def _knows_current(form: CurrentPasswordForm, user: User) -> bool:
    """Check the present password with no transaction open; a wrong one is the form's error."""
    session, now = db(), runtime().now()
    try:
        profile.try_current(session, user=user, now=now)
    except TooMany as refused:
        raise too_many_guesses(refused.retry_at, now) from None
    stored = user.password_hash
    session.commit()
    fits = verify_password(stored, typed(form.current_password))
    session.refresh(user)
    if not fits or user.password_hash != stored:
        form.current_password.errors = ["This is not your current password."]
        return False
    profile.current_was_right(session, user=user)
    return True


def _overview(form: NameForm, zone_form: ZoneForm | None = None) -> str:
    user = person()
    of_install = first_known(time_zone(db()))
    zone_form = zone_form or ZoneForm(formdata=None, time_zone=user.time_zone)
    zone_form.time_zone.offer(f"As the installation: {called(of_install)}", user.time_zone)
    return render_template(
        "accounts/account.html",
        form=form,
        zone_form=zone_form,
        unknown_zone=unknown_zone(user.time_zone),
        of_install=called(of_install),
        user=user,
        mail_pending=current_prospect() is Prospect.NONE,
        verification=about(user) if user.email_verified_at is None else None,
        sessions=sessions.listed(db(), user=user, now=runtime().now()),
        this_session=current_session(),
        ways=WAYS,
        longest=sessions.LIFETIME.days,
        idle=sessions.IDLE // timedelta(hours=1),
    )


def _email_page(form: EmailForm) -> str:
    pending = mail_state(db(), runtime()) == "pending"
    return render_template("accounts/email.html", form=form, user=person(), mail_pending=pending)


def _password_page(form: PasswordForm) -> str:
    return render_template("accounts/password.html", form=form, user=person())
