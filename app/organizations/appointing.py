"""Appointing an admin where an organization has none, or none but those who run the install.

Running the install is not belonging to an organization, and gives no way into one that manages
itself. But one without an admin could never be managed again, and one whose only admin runs the
install could not let them go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.users import find
from app.audit.log import record
from app.mail.addresses import Address
from app.organizations.invitations import tell_added
from app.organizations.inviting import Inviting
from app.organizations.members import lock
from app.organizations.models import Membership, Organization
from app.organizations.service import add_member, membership_of
from app.runtime import Runtime
from app.web.context import Actor

LISTED = 200


class ManagesItself(Exception):
    """The organization has an admin of its own, who decides."""


class CannotBeAdmin(Exception):
    """The sentence says why that person cannot be appointed, for whoever typed the address."""


def waiting_for_admin(session: Session) -> Sequence[Organization]:
    """The organizations in which an admin may be appointed, by name."""
    return session.scalars(
        select(Organization)
        .where(~_own_admin().exists())
        .order_by(Organization.name, Organization.id)
        .limit(LISTED)
    ).all()


def admins_of(session: Session, organization: Organization) -> Sequence[User]:
    """Its admins; where one may be appointed, they all run the install."""
    return session.scalars(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization.id, Membership.role == "admin")
        .order_by(User.name, User.id)
    ).all()


def appoint(
    session: Session,
    runtime: Runtime,
    *,
    organization: Organization,
    address: Address,
    now: datetime,
    actor: Actor,
) -> User:
    """Make somebody who has an account an admin; a member already, or new to the organization.

    Raises :class:`ManagesItself` and :class:`CannotBeAdmin`. They are told by mail, if mail works.
    """
    lock(session, organization)
    if session.scalar(_own_admin().where(Organization.id == organization.id)) is not None:
        raise ManagesItself
    user = find(session, address)
    if user is None:
        raise CannotBeAdmin("Nobody with this address has an account here.")
    if user.password_hash is None:
        raise CannotBeAdmin("This person has not chosen a password yet, so they cannot sign in.")
    membership = membership_of(session, organization=organization, user=user)
    old = membership.role if membership else None
    if old == "admin":
        raise CannotBeAdmin("This person is an admin there already.")
    if membership is None:
        add_member(session, organization=organization, user=user, role="admin", now=now)
        inviting = Inviting(runtime, organization, "admin", None, actor, now)
        tell_added(session, inviting, user)
    else:
        membership.role = "admin"
    record(
        session,
        now=now,
        actor=actor,
        tag="member:appointed",
        target=f"{organization.slug}: {user.email}",
        changes={"role": {"old": old, "new": "admin"}},
    )
    return user


def _own_admin() -> Select[int]:
    """An admin of an organization who does not run the install."""
    return (
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organization_id == Organization.id,
            Membership.role == "admin",
            User.is_install_admin.is_(False),
            User.password_hash.is_not(None),
        )
    )
