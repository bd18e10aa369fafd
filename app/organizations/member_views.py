"""/organizations/<slug>/members: the list, roles, removals, locks."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.accounts.lockout import lift_lock
from app.organizations.access import Visit, admins_only, members_only
from app.organizations.forms import RoleForm
from app.organizations.pages import members_page
from app.organizations.roster import LastAdmin, NotMember, change_role, find, remove
from app.runtime import runtime
from app.web.context import actor, db
from app.web.errors import Refusal


def register(blueprint: Blueprint) -> None:
    base = "/organizations/<slug>/members"
    blueprint.add_url_rule(base, "members", show)
    member = f"{base}/<int:membership_id>"
    blueprint.add_url_rule(f"{member}/role", "change_role", assign, methods=["POST"])
    blueprint.add_url_rule(f"{member}/remove", "remove", dismiss, methods=["POST"])
    blueprint.add_url_rule(f"{member}/unlock", "unlock", unlock, methods=["POST"])


@members_only
def show(visit: Visit) -> str:
    return members_page(db(), runtime(), visit)


@admins_only
def assign(visit: Visit, membership_id: int) -> Response:
    form = RoleForm()
    if not form.validate_on_submit():
        raise _refused(visit, 422, "There is no such role", " ".join(form.role.errors))
    try:
        member = change_role(
            db(),
            organization=visit.organization,
            membership_id=membership_id,
            role=form.role.data,
            now=runtime().now(),
            actor=actor(),
        )
    except NotMember:
        raise _gone(visit) from None
    except LastAdmin:
        raise _last_admin(visit) from None
    db().commit()
    flash(f"{member.user.name} is now {_as(form.role.data)}.", "good")
    return _back(visit)


@members_only
def dismiss(visit: Visit, membership_id: int) -> Response:
    """Admins remove anybody, and everybody may leave."""
    leaving = membership_id == visit.membership.id
    if not leaving and not visit.may_change:
        raise _refused(
            visit,
            403,
            "Only admins may remove somebody",
            f"You are a member of {visit.organization.name} and may leave it yourself.",
            "Ask one of its admins to remove this person.",
        )
    try:
        member = remove(
            db(),
            organization=visit.organization,
            membership_id=membership_id,
            now=runtime().now(),
            actor=actor(),
        )
    except NotMember:
        raise _gone(visit) from None
    except LastAdmin:
        raise _last_admin(visit) from None
    db().commit()
    if leaving:
        flash(f"You left {visit.organization.name}.", "good")
        return redirect("/", 303)
    flash(f"{member.user.name} no longer belongs to {visit.organization.name}.", "good")
    return _back(visit)


@admins_only
def unlock(visit: Visit, membership_id: int) -> Response:
    """Lift the lock that failed sign-ins put on a member's address."""
    member = find(db(), visit.organization, membership_id)
    if member is None:
        raise _gone(visit)
    lifted = lift_lock(db(), email_key=member.user.email_key, now=runtime().now(), actor=actor())
    db().commit()
    if lifted:
        flash(f"{member.user.name} can sign in again at once.", "good")
    else:
        flash(f"{member.user.name} was not locked any more.", "quiet")
    return _back(visit)


def _back(visit: Visit) -> Response:
    address = url_for("organizations.members", slug=visit.organization.slug)
    return redirect(address, 303)


def _as(role: str) -> str:
    return "an admin" if role == "admin" else "a member"


def _last_admin(visit: Visit) -> Refusal:
    yourself = (request.view_args or {}).get("membership_id") == visit.membership.id
    who = "You are" if yourself else "This person is"
    return _refused(
        visit,
        422,
        "An organization needs an admin",
        f"{who} the only admin of {visit.organization.name}. Without one, nobody could invite,"
        " remove or promote anybody here, so nothing was changed.",
        "Make somebody else an admin first.",
    )


def _gone(visit: Visit) -> Refusal:
    return _refused(
        visit,
        404,
        "This person is no longer a member",
        f"Somebody removed them from {visit.organization.name}, or they left.",
        "Reload the list of members.",
    )


def _refused(visit: Visit, status: int, title: str, cause: str, next_step: str = "") -> Refusal:
    return Refusal(
        status,
        title,
        cause,
        next_step,
        action_href=url_for("organizations.members", slug=visit.organization.slug),
        action_label="Back to the members",
    )
