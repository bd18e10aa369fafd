"""/organizations/<slug>/members: the list, roles, removals, locks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.accounts.lockout import TooManyLifts, lift_lock
from app.accounts.views.refusals import LIFTED, lifted_too_often
from app.organizations.access import Visit, admins_only, me, members_only
from app.organizations.forms import RoleForm
from app.organizations.members import LastAdmin, NotMember, change_role, find, remove
from app.organizations.open_invitations import count_left_behind
from app.organizations.service import admin_roles, organizations_of
from app.organizations.views import blueprint
from app.organizations.views.labels import ASKED
from app.organizations.views.members_page import members_page
from app.runtime import runtime
from app.web.asking import ask
from app.web.context import actor, db
from app.web.errors import Refusal
from app.web.navigation import Entry, Section, here

PATH = "/organizations/<slug>/members"
ONE = f"{PATH}/<int:membership_id>"
NAVIGATION_ORDER = 10


def navigation_section() -> Section | None:
    """The organizations of whoever looks."""
    entries = [
        Entry(
            belonging.organization.name,
            url_for("organizations.members", slug=belonging.organization.slug),
            current=here(f"/organizations/{belonging.organization.slug}"),
        )
        for belonging in organizations_of(db(), me())
    ]
    return Section("Organizations", entries)


@blueprint.get(PATH, endpoint="members")
@members_only
def show(visit: Visit) -> str:
    return members_page(db(), runtime(), visit)


@blueprint.post(f"{ONE}/role", endpoint="change_role")
@admins_only
def assign(visit: Visit, membership_id: int) -> Response:
    form = RoleForm()
    if not form.validate_on_submit():
        raise _refused(visit, 422, "There is no such role", " ".join(form.role.errors))
    with _said_in_words(visit):
        member = change_role(
            db(),
            organization=visit.organization,
            membership_id=membership_id,
            role=form.role.data,
            now=runtime().now(),
            actor=actor(),
        )
    db().commit()
    flash(f"{member.user.name} is now {_as(form.role.data)}.", "good")
    return _back_by_what_is_left(visit)


def _may_dismiss(visit: Visit, membership_id: int) -> None:
    """Raises what a member sees who would remove somebody else."""
    if membership_id != visit.membership.id and not visit.may_change:
        raise _refused(
            visit,
            403,
            "Only admins may remove somebody",
            f"You are a member of {visit.organization.name} and may leave it yourself.",
            "Ask one of its admins to remove this person.",
        )


@blueprint.get(f"{ONE}/remove")
@members_only
def ask_to_dismiss(visit: Visit, membership_id: int) -> str:
    _may_dismiss(visit, membership_id)
    member = find(db(), visit.organization, membership_id)
    if member is None:
        raise _gone(visit)
    back = url_for("organizations.members", slug=visit.organization.slug)
    crumb = visit.organization.name
    if membership_id == visit.membership.id:
        return ask(f"Leave {crumb}?", ASKED["leave"], yes="Leave", back=back, crumb=crumb)
    question = f"Remove {member.user.name} from {crumb}?"
    return ask(question, ASKED["remove"], yes="Remove", back=back, crumb=crumb)


@blueprint.post(f"{ONE}/remove", endpoint="remove")
@members_only
def dismiss(visit: Visit, membership_id: int) -> Response:
    """Admins remove anybody, and everybody may leave."""
    leaving = membership_id == visit.membership.id
    _may_dismiss(visit, membership_id)
    with _said_in_words(visit):
        member = remove(
            db(),
            organization=visit.organization,
            membership_id=membership_id,
            now=runtime().now(),
            actor=actor(),
        )
    db().commit()
    if leaving:
        flash(f"You left {visit.organization.name}.", "good")
        return redirect("/", 303)
    flash(f"{member.user.name} no longer belongs to {visit.organization.name}.", "good")
    return _back_by_what_is_left(visit)


@blueprint.post(f"{ONE}/unlock")
@admins_only
def unlock(visit: Visit, membership_id: int) -> Response:
    """Lift the lock that failed sign-ins put on a member's address, unless they stand higher."""
    member = find(db(), visit.organization, membership_id)
    if member is None:
        raise _gone(visit)
    person = member.user
    if not visit.may_lift_lock_of(person, admin_roles(db(), [person])[person.id]):
        raise _stands_higher(visit, person.name)
    try:
        lifted = lift_lock(db(), user=person, now=runtime().now(), actor=actor())
    except TooManyLifts as refused:
        raise _refused(visit, 409, *lifted_too_often(person.name, refused)) from None
    db().commit()
    if lifted:
        flash(f"{person.name} {LIFTED}", "good")
    else:
        flash(f"{person.name} was not locked any more.", "quiet")
    return _back(visit)


def _back(visit: Visit) -> Response:
    address = url_for("organizations.members", slug=visit.organization.slug)
    return redirect(address, 303)


def _back_by_what_is_left(visit: Visit) -> Response:
    """Whoever takes a right away sees first what was done with it and still goes on."""
    if visit.may_change and count_left_behind(db(), visit.organization, runtime().now()):
        return redirect(url_for("organizations.left_behind", slug=visit.organization.slug), 303)
    return _back(visit)


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


def _stands_higher(visit: Visit, name: str) -> Refusal:
    return _refused(
        visit,
        403,
        "You may not lift this lock",
        f"{name} is an install administrator, or an admin of an organization of which you are"
        " none. Only somebody who stands as high may lift their lock.",
        "It ends by itself within 15 minutes. An install administrator can lift it before that,"
        " and so can whoever runs the server with the command “users unlock”.",
    )


@contextmanager
def _said_in_words(visit: Visit) -> Iterator[None]:
    """Why a change to somebody's membership was refused, as a page."""
    try:
        yield
    except NotMember:
        raise _gone(visit) from None
    except LastAdmin:
        raise _last_admin(visit) from None


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
