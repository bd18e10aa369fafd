"""/organizations/<slug>/invitations: inviting, sending again, revoking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.crypto.keys import KeysUnusable
from app.extensions import limiter
from app.mail.addresses import Address
from app.mailer.active import MailPending, mail_state
from app.mailer.summary import promise
from app.mailer.whom_to_ask import set_up_by
from app.organizations import batches, pasted
from app.organizations.access import Visit, admins_only
from app.organizations.forms import InviteForm, InviteListForm
from app.organizations.invitations import invite, resend, revoke
from app.organizations.inviting import InviteResult, Inviting, NotOpen, frees_at, over
from app.organizations.models import Invitation
from app.organizations.views import blueprint
from app.organizations.views.labels import ASKED, INVITED_WAITS, WORDS
from app.organizations.views.members_page import members_page
from app.runtime import runtime
from app.throttle import TooMany
from app.web.asking import ask
from app.web.context import actor, db
from app.web.errors import Refusal
from app.web.later import retry_after, when

PATH = "/organizations/<slug>/invitations"
PENDING_TITLE = "No invitation was sent: mail is not set up"
# How refused outcomes answer; those that only inform are no failure of the server.
STATUS = {
    InviteResult.ALREADY_MEMBER: 422,
    InviteResult.ALREADY_INVITED: 422,
    InviteResult.MAIL_PENDING: 503,
    InviteResult.KEY_MISSING: 503,
    InviteResult.ADDRESS_LIMIT: 429,
    InviteResult.ORGANIZATION_LIMIT: 429,
}
PER_CLIENT = "120 per hour"

Answer = Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.route(PATH, endpoint="invite", methods=["GET", "POST"])
@limiter.limit(PER_CLIENT, methods=["POST"])
@admins_only
def open_or_invite(visit: Visit) -> Answer:
    if request.method == "GET":  # somebody reloads the page of a refused form
        return _back(visit)
    if request.form.get("emails", "").strip():
        return _invite_many(visit)
    return _invite_one(visit)


def _invite_one(visit: Visit) -> Answer:
    form = InviteForm()
    if not form.validate_on_submit():
        return members_page(db(), runtime(), visit, invite_form=form), 422
    email = form.email.address
    outcome = invite(db(), inviting_now(visit, form.role.data), email)
    words = WORDS[outcome]
    if outcome not in STATUS:
        db().commit()
        if outcome is InviteResult.INVITED:
            flash(*promise(f"{email} {words.sentence}", f"{email} {INVITED_WAITS}"))
        else:
            flash(f"{email} {words.sentence}", "good")
        return _back(visit)
    db().rollback()
    form.email.errors = [_said(email, outcome)]
    headers = {}
    if STATUS[outcome] == 429:
        free_at = _frees_at(visit, email)
        headers = retry_after(free_at, runtime().now())
        form.email.errors = [f"{form.email.errors[0]} {_next(free_at)}"]
    trouble = (
        (PENDING_TITLE, form.email.errors[0]) if outcome is InviteResult.MAIL_PENDING else None
    )
    page = members_page(db(), runtime(), visit, invite_form=form, trouble=trouble)
    return page, STATUS[outcome], headers


def _invite_many(visit: Visit) -> Answer:
    form = InviteListForm()
    if not form.validate_on_submit():
        return members_page(db(), runtime(), visit, list_form=form), 422
    inviting = inviting_now(visit, form.role.data)
    if mail_state(db(), runtime()) == "pending":
        return _add_known_people(visit, inviting, form)
    batch = batches.store(db(), inviting, form.lines)
    db().commit()
    runtime().wake_worker()
    batches.work_for_a_moment(runtime(), batch)
    return redirect(
        url_for("organizations.batch", slug=visit.organization.slug, public_id=batch.public_id), 303
    )


def _add_known_people(visit: Visit, inviting: Inviting, form: InviteListForm) -> Answer:
    """Mail is pending: people with an account are added, the others stay in the form."""
    outcomes = batches.invite_all_now(db(), inviting, form.lines)
    db().commit()
    added = sum(1 for outcome in outcomes.values() if outcome is InviteResult.ADDED)
    said = (
        "1 person who has an account was added"
        if added == 1
        else f"{added} people who have an account were added"
    )
    left = [
        line.typed
        for line in form.lines
        if line.outcome == pasted.INVALID
        or (line.address and outcomes.get(line.address) is InviteResult.MAIL_PENDING)
    ]
    if not left:
        flash(f"{said}.", "good")
        return _back(visit)
    form.emails.data = "\n".join(left)
    text = (
        "Invitations travel by mail, so nobody without an account can be invited until mail is"
        f" set up. {set_up_by()} {said}; whoever is left is still in the list."
    )
    form.emails.errors = [text]
    page = members_page(db(), runtime(), visit, list_form=form, trouble=(PENDING_TITLE, text))
    return page, 503


@blueprint.post(f"{PATH}/<int:invitation_id>/resend", endpoint="resend")
@limiter.limit(PER_CLIENT)
@admins_only
def send_again(visit: Visit, invitation_id: int) -> Response:
    invitation = found_invitation(visit, invitation_id)
    with refused_in_words(visit, invitation):
        resend(db(), inviting_now(visit, invitation.role), invitation)
    db().commit()
    flash(
        *promise(
            f"{invitation.email} gets a new link. The one sent before stopped working.",
            f"A new invitation to {invitation.email} was written; the older link stopped working.",
        )
    )
    return _back(visit)


@blueprint.get(f"{PATH}/<int:invitation_id>/revoke")
@admins_only
def ask_to_take_back(visit: Visit, invitation_id: int) -> str:
    invitation = found_invitation(visit, invitation_id)
    if invitation.accepted_at or invitation.revoked_at:
        raise settled(visit)
    question = f"Revoke the invitation of {invitation.email}?"
    back, crumb = _members_href(visit), visit.organization.name
    return ask(question, ASKED["revoke"], yes="Revoke", back=back, crumb=crumb)


@blueprint.post(f"{PATH}/<int:invitation_id>/revoke", endpoint="revoke")
@admins_only
def take_back(visit: Visit, invitation_id: int) -> Response:
    invitation = found_invitation(visit, invitation_id)
    try:
        revoke(db(), inviting_now(visit, invitation.role), invitation)
    except NotOpen:
        raise settled(visit) from None
    db().commit()
    flash(f"The invitation of {invitation.email} is revoked: its link stopped working.", "good")
    return _back(visit)


def found_invitation(visit: Visit, invitation_id: int) -> Invitation:
    invitation = db().scalar(
        select(Invitation).where(
            Invitation.id == invitation_id,
            Invitation.organization_id == visit.organization.id,
        )
    )
    if invitation is None:
        raise settled(visit, 404)
    return invitation


def inviting_now(visit: Visit, role: str) -> Inviting:
    return Inviting(
        runtime=runtime(),
        organization=visit.organization,
        role=role,
        inviter=visit.user,
        actor=actor(),
        now=runtime().now(),
    )


def _members_href(visit: Visit) -> str:
    return url_for("organizations.members", slug=visit.organization.slug)


def _back(visit: Visit) -> Response:
    return redirect(_members_href(visit), 303)


@contextmanager
def refused_in_words(visit: Visit, invitation: Invitation) -> Iterator[None]:
    """What keeps one invitation from being written anew becomes a page that says so."""
    try:
        yield
    except NotOpen:
        raise settled(visit) from None
    except KeysUnusable:
        raise refusal(visit, InviteResult.KEY_MISSING, invitation.address) from None
    except MailPending:
        raise refusal(visit, InviteResult.MAIL_PENDING, invitation.address) from None
    except TooMany as refused:
        raise refusal(visit, over(refused), invitation.address) from None


def settled(visit: Visit, status: int = 409) -> Refusal:
    return Refusal(
        status,
        "This invitation is no longer open",
        "It was accepted or revoked in the meantime, so nothing was changed.",
        "Reload the page to see who is a member now.",
        action_href=url_for("organizations.members", slug=visit.organization.slug),
        action_label="Back to the members",
    )


def refusal(visit: Visit, outcome: InviteResult, email: Address) -> Refusal:
    refused = Refusal(
        STATUS[outcome],
        "The invitation was not sent again",
        _said(email, outcome),
        "The link sent before keeps working until its time is up.",
        action_href=url_for("organizations.members", slug=visit.organization.slug),
        action_label="Back to the members",
    )
    if refused.status == 429:
        free_at = _frees_at(visit, email)
        refused.headers.update(retry_after(free_at, runtime().now()))
        refused.cause = f"{refused.cause} {_next(free_at)}"
    return refused


def _said(email: Address, outcome: InviteResult) -> str:
    """Why it was not sent, and who can help where that is known."""
    said = f"{email} {WORDS[outcome].sentence}"
    return f"{said} {set_up_by()}" if outcome is InviteResult.MAIL_PENDING else said


def _frees_at(visit: Visit, email: Address) -> datetime:
    return frees_at(
        db(),
        runtime().config,
        organization=visit.organization,
        address=email,
        now=runtime().now(),
    )


def _next(free_at: datetime) -> str:
    return f"The next one can be sent {when(free_at, runtime().now())}."
