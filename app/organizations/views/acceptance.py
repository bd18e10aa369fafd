"""/invitations/<token>: looking, and accepting with a POST.

A GET changes nothing, because mail scanners follow links. Somebody new is signed in afterwards:
they hold the mailbox and have just chosen the password, so asking for it again proves nothing.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts.passwords import hash_password
from app.accounts.sessions import Way, sign_in
from app.accounts.users import AddressTaken, find
from app.extensions import limiter
from app.organizations.acceptance import (
    NoLongerOpen,
    Offer,
    Status,
    accept_as,
    accept_as_new,
    look_up,
)
from app.organizations.access import me
from app.organizations.forms import JoinForm
from app.organizations.service import organization_by_slug
from app.organizations.views import blueprint
from app.runtime import runtime
from app.web.context import actor, client_ip, db
from app.web.errors import Refusal

PATH = "/invitations/<token>"
FLOOD = "120 per 15 minutes"

Answer = Response | str | tuple[str, int]


@blueprint.get(PATH, endpoint="invitation")
def show(token: str) -> str:
    offer, has_account = _look(token)
    form = JoinForm(formdata=None, owner=offer.invitation.email)
    return _page(token, offer, has_account, form)


@blueprint.post(PATH)
@limiter.limit(FLOOD)
def accept(token: str) -> Answer:
    offer, has_account = _look(token)
    if current_user.is_authenticated:
        if me().email_key != offer.invitation.email_key:
            return _page(token, offer, has_account), 403
        return _confirm(token, offer)
    if has_account:
        return _page(token, offer, has_account), 403
    return _join(token, offer)


def _confirm(token: str, offer: Offer) -> Response:
    try:
        organization = accept_as(db(), secret=token, user=me(), now=runtime().now(), actor=actor())
    except NoLongerOpen:
        raise _closed(Status.USED, offer) from None
    db().commit()
    flash(f"You are now a member of {organization.name}.", "good")
    return redirect(url_for("organizations.members", slug=organization.slug), 303)


def _join(token: str, offer: Offer) -> Answer:
    form = JoinForm(owner=offer.invitation.email)
    if not form.validate_on_submit():
        return _page(token, offer, has_account=False, form=form), 422
    # Hashing takes a while on purpose, and no transaction is open meanwhile.
    hashed = hash_password(form.password.data or "")
    try:
        user, organization = accept_as_new(
            db(),
            secret=token,
            name=form.name.data or "",
            password_hash=hashed,
            now=runtime().now(),
            ip=client_ip(),
        )
    except NoLongerOpen:
        raise _closed(Status.USED, offer) from None
    except AddressTaken:
        db().rollback()
        return _page(token, offer, has_account=True), 403
    sign_in(user, Way.INVITATION)
    db().commit()
    flash(f"Welcome. You are now a member of {organization.name}.", "good")
    return redirect(url_for("organizations.members", slug=organization.slug), 303)


def _look(token: str) -> tuple[Offer, bool]:
    """The open offer behind the link, and whether its address has an account."""
    with runtime().database.session(reading=True) as reading:
        offer = look_up(reading, token, now=runtime().now())
        if offer is None:
            raise Refusal(
                404,
                "This invitation link does not work",
                "A newer invitation has taken its place, or a part of it was lost when it was"
                " copied.",
                "Open the link in the newest mail, or ask whoever invited you for another one.",
            )
        if offer.status is not Status.OPEN:
            raise _closed(offer.status, offer)
        return offer, find(reading, offer.invitation.address) is not None


def _page(token: str, offer: Offer, has_account: bool, form: JoinForm | None = None) -> str:
    signed_in_as = current_user.email if current_user.is_authenticated else None
    mine = current_user.is_authenticated and me().email_key == offer.invitation.email_key
    return render_template(
        "organizations/invitation.html",
        offer=offer,
        has_account=has_account,
        signed_in_as=signed_in_as,
        mine=mine,
        form=form,
        here=url_for("organizations.invitation", token=token),
    )


def _closed(status: Status, offer: Offer) -> Refusal:
    name = offer.organization.name
    cause, next_step = {
        Status.USED: (
            f"Somebody accepted this invitation to {name} already. It works once.",
            "If that was you, sign in.",
        ),
        Status.REVOKED: (
            f"The invitation to {name} was withdrawn, or a newer one has taken its place.",
            f"Look for a newer mail, or ask an admin of {name}.",
        ),
        Status.EXPIRED: (
            f"The invitation to {name} worked for seven days, and they are over.",
            f"Ask an admin of {name} to send it again.",
        ),
    }[status]
    here = _home_of(offer) if status is Status.USED else None
    return Refusal(
        410,
        "This invitation is no longer open",
        cause,
        next_step if here is None else "",
        action_href=here or "/",
        action_label=f"Go to {name}" if here else "Go to the start page",
    )


def _home_of(offer: Offer) -> str | None:
    """Where the link leads somebody who has accepted it and opens it again."""
    if not current_user.is_authenticated or me().email_key != offer.invitation.email_key:
        return None
    organization = organization_by_slug(db(), offer.organization.slug)
    return url_for("organizations.members", slug=organization.slug) if organization else None
