"""Appointing an admin where an organization has none, or none but those who run the install.

Running the install is not belonging to an organization, and gives no way into one that manages
itself. But one without an admin could never be managed again, and one whose only admin runs the
install could not let them go.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
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

LISTED = 50


class ManagesItself(Exception):
    """The organization has an admin of its own, who decides."""


class CannotBeAdmin(Exception):
    """The sentence says why that person cannot be appointed, for whoever typed the address."""


@dataclass(frozen=True)
class WaitingForAdmin:
    """Organizations in which an admin may be appointed, the first :data:`LISTED` by name, each with
    the addresses of its admins, who all run the install. ``total``: how many there are."""

    organizations: list[tuple[Organization, list[str]]]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.organizations)


def waiting_for_admin(session: Session) -> WaitingForAdmin:
    theirs = select(Organization).where(~_own_admin().exists())
    listed = session.scalars(
        theirs.order_by(Organization.name, Organization.id).limit(LISTED)
    ).all()
    admins: defaultdict[int, list[str]] = defaultdict(list)
    rows = session.execute(
        select(Membership.organization_id, User.email)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organization_id.in_([one.id for one in listed]))
        .where(Membership.role == "admin")
        .order_by(User.name, User.id)
    )
    for organization_id, email in rows:
        admins[organization_id].append(email)
    total = len(listed)
    if total == LISTED:
        total = session.scalar(select(func.count()).select_from(theirs.subquery())) or 0
    return WaitingForAdmin([(one, admins[one.id]) for one in listed], total)


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
