"""System → Administrators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from flask import flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts import administrators, lockout
from app.accounts.administrators import (
    Added,
    AlreadyAdministrator,
    LastAdministrator,
    OnlyAdminOf,
)
from app.accounts.banners import about
from app.accounts.forms import AdministratorForm, SupportForm, typed
from app.accounts.models import User
from app.accounts.sessions import current_session, person
from app.accounts.users import AddressTaken
from app.accounts.verification import VerificationStatus
from app.accounts.views import blueprint
from app.accounts.views.refusals import LIFTED, lifted_too_often, mail_pending, too_many_mails
from app.install.service import support_contact
from app.mailer.active import MailPending
from app.mailer.summary import Prospect, current_prospect, promise
from app.runtime import runtime
from app.throttle import TooMany
from app.web.asking import ask
from app.web.context import Actor, actor, db
from app.web.errors import STANDARD, Refusal
from app.web.guards import Permission, requires
from app.web.navigation import Entry, here

PATH = "/admin/system/administrators"
NAVIGATION_ORDER = 50

# While mail goes out, and while it waits.
ADDED = {
    Added.CREATED: (
        "A mail is on its way to {email}. Its link verifies the address and sets the password;"
        " until then the console stays closed to them.",
        "{email} becomes an install administrator when the link in their mail is opened.",
    ),
    Added.PROMOTED_UNVERIFIED: (
        "{email} becomes an install administrator as soon as the link that was just mailed there"
        " is opened.",
        "{email} becomes an install administrator when the link in their mail is opened.",
    ),
}
# What is asked before either, in a dialog or on a page.
ASKED = {
    "demote": "The account stays, without the system console, and is signed out everywhere.",
    "remove": "The whole account is deleted, memberships included. This cannot be taken back.",
}
PROMOTED = "{email} is an install administrator from now on."


def navigation_entry() -> Entry | None:
    if person().denial(Permission.SYSTEM_CONFIGURE) is not None:
        return None
    return Entry("Administrators", PATH, here(PATH))


@blueprint.get(PATH, endpoint="administrators")
@requires(Permission.SYSTEM_CONFIGURE)
def list_administrators() -> str:
    return administrators_page(AdministratorForm())


@blueprint.post(PATH)
@requires(Permission.SYSTEM_CONFIGURE)
def add_administrator() -> Response | tuple[str, int]:
    form, session, now = AdministratorForm(), db(), runtime().now()
    if not form.validate():
        return administrators_page(form), 422
    try:
        added = administrators.add(
            session,
            runtime(),
            address=form.email.address,
            name=typed(form.name),
            now=now,
            actor=actor(),
        )
    except AlreadyAdministrator:
        form.email.errors = ["This person is an install administrator already."]
        return administrators_page(form), 422
    except AddressTaken:
        form.email.errors = ["Somebody just signed up with this address. Send the form again."]
        return administrators_page(form), 422
    except MailPending:
        # Whatever was begun goes with the transaction.
        session.rollback()
        return administrators_page(form, needs_mail=True), 503
    except TooMany as refused:
        raise too_many_mails(refused.retry_at, now) from None
    session.commit()
    if added is Added.PROMOTED:
        flash(PROMOTED.format(email=typed(form.email)), "good")
    else:
        goes, waits = ADDED[added]
        flash(*promise(goes.format(email=typed(form.email)), waits.format(email=typed(form.email))))
    return redirect(url_for("accounts.administrators"), 303)


@blueprint.get(f"{PATH}/<int:user_id>/demote")
@requires(Permission.SYSTEM_CONFIGURE)
def ask_to_demote(user_id: int) -> str:
    user = _administrator(user_id)
    question = f"Demote {user.name}?"
    return ask(question, ASKED["demote"], yes="Demote", back=PATH, crumb="Administrators")


@blueprint.post(f"{PATH}/<int:user_id>/demote")
@requires(Permission.SYSTEM_CONFIGURE)
def demote_administrator(user_id: int) -> Response:
    return _leave(administrators.demote, user_id, "{} is no install administrator any more.")


@blueprint.get(f"{PATH}/<int:user_id>/remove")
@requires(Permission.SYSTEM_CONFIGURE)
def ask_to_remove(user_id: int) -> str:
    user = _administrator(user_id)
    question = f"Remove {user.name}?"
    return ask(
        question, ASKED["remove"], yes="Remove the account", back=PATH, crumb="Administrators"
    )


@blueprint.post(f"{PATH}/<int:user_id>/remove")
@requires(Permission.SYSTEM_CONFIGURE)
def remove_administrator(user_id: int) -> Response:
    remove = partial(administrators.remove, runtime=runtime())
    return _leave(remove, user_id, "The account of {} is removed.")


@blueprint.post(f"{PATH}/<int:user_id>/send-link")
@requires(Permission.SYSTEM_CONFIGURE)
def send_link(user_id: int) -> Response:
    user, now = _administrator(user_id), runtime().now()
    if user.email_verified_at is not None:
        flash(f"{user.email} is verified already.", "good")
        return redirect(url_for("accounts.administrators"), 303)
    try:
        administrators.send_again(db(), runtime(), user=user, now=now, actor=actor())
    except MailPending:
        raise mail_pending("no link can be sent", "The person stays as they are.") from None
    except TooMany as refused:
        raise too_many_mails(refused.retry_at, now) from None
    db().commit()
    flash(
        *promise(
            f"A new link is on its way to {user.email}; the older one no longer works.",
            f"A new link to {user.email} was written; the older one no longer works.",
        )
    )
    return redirect(url_for("accounts.administrators"), 303)


@blueprint.post(f"{PATH}/<int:user_id>/unlock")
@requires(Permission.SYSTEM_CONFIGURE)
def lift_lock(user_id: int) -> Response:
    user = _administrator(user_id)
    try:
        lockout.lift_lock(db(), user=user, now=runtime().now(), actor=actor())
    except lockout.TooManyLifts as refused:
        words = lifted_too_often(user.name, refused)
        raise Refusal(409, *words, PATH, "Back to the administrators") from None
    db().commit()
    flash(f"{user.email} {LIFTED}", "good")
    return redirect(url_for("accounts.administrators"), 303)


def _leave(leave: Callable[..., User | None], user_id: int, words: str) -> Response:
    session: Session = db()
    moment: datetime = runtime().now()
    who: Actor = actor()
    try:
        user = leave(session, user_id=user_id, now=moment, actor=who)
    except OnlyAdminOf as refused:
        raise Refusal(
            409,
            "An organization would be left without an admin",
            f"This person is the only admin of {listed(refused.names)}. Without them nobody could"
            " invite, remove or promote anybody there, so nothing was changed.",
            "Appoint somebody else there first. Or demote this person: the account then stays,"
            " without the system console.",
            "/admin/system/organizations",
            "Appoint another admin",
        ) from None
    except LastAdministrator:
        raise Refusal(
            409,
            "The last administrator has to stay",
            "Nobody else could open the system console: there is no other install administrator"
            " with a password and a verified address.",
            "Make somebody else an administrator first and let them verify their address.",
            PATH,
            "Back to the administrators",
        ) from None
    if user is None:
        raise _not_found()
    session.commit()
    flash(words.format(user.email), "good")
    return redirect(PATH if user_id != who.id else "/", 303)


def links_of(everybody: Sequence[User]) -> dict[int, VerificationStatus]:
    """How the link of each administrator stands who has not verified yet."""
    return {user.id: about(user) for user in everybody if user.email_verified_at is None}


def listed(names: list[str]) -> str:
    """``Acme``, ``Acme and Globex``, ``Acme, Globex and 3 more``."""
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _administrator(user_id: int) -> User:
    user = db().get(User, user_id)
    if user is None or not user.is_install_admin:
        raise _not_found()
    return user


def _not_found() -> Refusal:
    return Refusal(404, *STANDARD[404], PATH, "Back to the administrators")


def _last_sign_in(user: User) -> datetime | None:
    """Whoever looks is signed in, also if an earlier release wrote down no time for their way."""
    here_since = current_session().created_at if user.id == person().id else None
    return max(filter(None, (user.last_login_at, here_since)), default=None)


def administrators_page(
    form: AdministratorForm, *, support: SupportForm | None = None, needs_mail: bool = False
) -> str:
    """The page, as several requests end on it: as it is, or with a form that was refused."""
    session, now = db(), runtime().now()
    everybody = administrators.everybody(session)
    return render_template(
        "accounts/administrators.html",
        form=form,
        support=support or SupportForm(formdata=None, support_contact=support_contact(session)),
        administrators=everybody,
        locks=lockout.locks(session, users=everybody, now=now),
        can_work=administrators.can_work,
        working=sum(administrators.can_work(user) for user in everybody),
        mail_pending=current_prospect() is Prospect.NONE,
        mail_waits=current_prospect() is not Prospect.GOES,
        links=links_of(everybody),
        needs_mail=needs_mail,
        words=ASKED,
        last_sign_in=_last_sign_in,
    )
