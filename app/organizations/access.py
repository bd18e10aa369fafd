"""Who may look into an organization, and who may change it.

Members see it, its admins change it. To everybody else, install administrators included, it does
not exist: running the install is no reason to read a customer's list of people. An install
administrator who needs to is made a member first, which the audit log shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import abort
from flask_login import current_user

from app.accounts.models import User
from app.accounts.rank import Rank
from app.organizations.models import Membership, Organization
from app.organizations.service import admin_roles, membership_of, organization_by_slug
from app.web.context import db
from app.web.errors import Refusal
from app.web.guards import Permission, to_login

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Visit:
    """A member in their organization."""

    organization: Organization
    membership: Membership
    user: User

    @property
    def may_change(self) -> bool:
        return self.membership.role == "admin"

    def may_lift_lock_of(self, person: User, admin_of: frozenset[int]) -> bool:
        """``admin_of`` are the organizations whose admin that member is."""
        mine = Rank(
            runs_install=self.user.denial(Permission.SYSTEM_CONFIGURE) is None,
            admin_of=admin_roles(db(), [self.user])[self.user.id],
        )
        theirs = Rank(runs_install=person.is_install_admin, admin_of=admin_of)
        return self.may_change and mine.may_act_on_access_of(theirs)


def me() -> User:
    """The person behind this request, as a row of this request's session."""
    return db().get_one(User, int(current_user.id))


def members_only(view: View) -> View:
    """The view gets a :class:`Visit` for its ``slug``: login for visitors, 404 for strangers."""

    @wraps(view)
    def guarded(slug: str, *args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return to_login()
        return view(_visit(slug), *args, **kwargs)

    return guarded  # type: ignore[return-value]


def admins_only(view: View) -> View:
    """As :func:`members_only`, and 403 for members who are no admins."""

    @wraps(view)
    def guarded(slug: str, *args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return to_login()
        visit = _visit(slug)
        if not visit.may_change:
            raise Refusal(
                403,
                "Only admins may do this",
                f"You are a member of {visit.organization.name}, and changing who belongs to it"
                " takes the role Admin.",
                "Ask one of its admins; the list of members shows who they are.",
                action_href=f"/organizations/{visit.organization.slug}/members",
                action_label="Back to the members",
            )
        return view(visit, *args, **kwargs)

    return guarded  # type: ignore[return-value]


def _visit(slug: str) -> Visit:
    organization = organization_by_slug(db(), slug)
    user = me()
    membership = membership_of(db(), organization=organization, user=user) if organization else None
    if organization is None or membership is None:
        abort(404)
    return Visit(organization, membership, user)
