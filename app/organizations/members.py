"""The members of an organization: listing them, changing roles, removing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.log import record
from app.organizations.models import ROLES, Membership, Organization
from app.web.context import Actor

PAGE = 50


class LastAdmin(Exception):
    """Nobody would be left who can manage the organization."""


class NotMember(Exception):
    """The membership is gone: somebody else was quicker."""


class Lost(StrEnum):
    """Why somebody may no longer do what they asked for when they still could."""

    ACCOUNT_GONE = "account-gone"
    REMOVED = "removed"
    DEMOTED = "demoted"


@dataclass(frozen=True)
class Member:
    membership: Membership
    user: User


@dataclass(frozen=True)
class MemberPage:
    """Up to :data:`PAGE` members by name, and how many fit the search in all."""

    members: list[Member]
    total: int
    number: int

    @property
    def has_next(self) -> bool:
        return self.number * PAGE < self.total


def members(
    session: Session, organization: Organization, *, search: str = "", number: int = 1
) -> MemberPage:
    """Page ``number`` of the members whose name or address holds ``search``."""
    query = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organization_id == organization.id)
    )
    if search:
        query = query.where(
            or_(
                User.name.icontains(search, autoescape=True),
                User.email_key.contains(search.lower(), autoescape=True),
            )
        )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(
        query.order_by(func.lower(User.name), User.id).limit(PAGE).offset((number - 1) * PAGE)
    )
    return MemberPage([Member(membership, user) for membership, user in rows], total, number)


def lock(session: Session, organization: Organization) -> None:
    """Changes of one organization's people go one after the other. SQLite's writers do anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            select(Organization.id).where(Organization.id == organization.id).with_for_update()
        )


def change_role(
    session: Session,
    *,
    organization: Organization,
    membership_id: int,
    role: str,
    now: datetime,
    actor: Actor,
) -> Member:
    """Give a member another role. Raises :class:`NotMember` and :class:`LastAdmin`."""
    if role not in ROLES:
        raise ValueError(f"no such role: {role}")
    lock(session, organization)
    member = _present(session, organization, membership_id)
    old = member.membership.role
    if old == role:
        return member
    if old == "admin":
        _not_the_last(session, organization)
    member.membership.role = role
    record(
        session,
        now=now,
        actor=actor,
        tag="member:role-changed",
        target=f"{organization.slug}: {member.user.email}",
        changes={"role": {"old": old, "new": role}},
    )
    return member


def remove(
    session: Session,
    *,
    organization: Organization,
    membership_id: int,
    now: datetime,
    actor: Actor,
) -> Member:
    """End a membership; the person's account stays. Raises as :func:`change_role` does."""
    lock(session, organization)
    member = _present(session, organization, membership_id)
    if member.membership.role == "admin":
        _not_the_last(session, organization)
    session.execute(delete(Membership).where(Membership.id == membership_id))
    record(
        session,
        now=now,
        actor=actor,
        tag="member:removed",
        target=f"{organization.slug}: {member.user.email}",
        changes={"role": {"old": member.membership.role, "new": None}},
    )
    return member


def find(session: Session, organization: Organization, membership_id: int) -> Member | None:
    """A member of this organization by the number of the membership."""
    query = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.id == membership_id, Membership.organization_id == organization.id)
        # Read again under the lock: what this session saw before may be old.
        .execution_options(populate_existing=True)
    )
    found = session.execute(query).first()
    return Member(found[0], found[1]) if found else None


def _present(session: Session, organization: Organization, membership_id: int) -> Member:
    member = find(session, organization, membership_id)
    if member is None:
        raise NotMember
    return member


def admins(session: Session, organization: Organization) -> int:
    """How many admins the organization has."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Membership)
            .where(Membership.organization_id == organization.id, Membership.role == "admin")
        )
        or 0
    )


def _not_the_last(session: Session, organization: Organization) -> None:
    if admins(session, organization) < 2:
        raise LastAdmin


def only_admin_of(session: Session, user_id: int) -> list[str]:
    """Names of the organizations that would have no admin without that person.

    Their people stay as they are until the transaction ends.
    """
    theirs = session.scalars(
        select(Organization)
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user_id, Membership.role == "admin")
        .order_by(Organization.id)
        .with_for_update(of=Organization)
    ).all()
    return sorted(one.name for one in theirs if admins(session, one) < 2)


def lost_right(session: Session, *, organization_id: int, user_id: int | None) -> Lost | None:
    """Why that person may not invite into the organization, or ``None`` when they may.

    Whoever is told that they may keeps the right until this transaction ends, so that a removal
    at the same moment comes before or after it and not in between.
    """
    if user_id is None:
        return Lost.ACCOUNT_GONE
    role = session.scalar(
        select(Membership.role)
        .where(Membership.organization_id == organization_id, Membership.user_id == user_id)
        .with_for_update(read=True)
    )
    if role is None:
        return Lost.REMOVED
    return None if role == "admin" else Lost.DEMOTED


def membership_stands(session: Session, which: str, _now: datetime) -> bool:
    """Whether a person that a mail calls a member still is one. ``which``: organization and
    person, as ``7:12``."""
    organization_id, _, user_id = which.partition(":")
    return (
        session.scalar(
            select(Membership.id).where(
                Membership.organization_id == int(organization_id),
                Membership.user_id == int(user_id),
            )
        )
        is not None
    )
