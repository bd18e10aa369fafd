"""Organizations and who belongs to them. Functions flush; the caller commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slugify import slugify
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.organizations.models import ROLES, Membership, Organization

NAME_MAXIMUM = 64
SLUG_MAXIMUM = 64
SLUG_FALLBACK = "organization"


class AlreadyMember(Exception):
    """This person belongs to the organization already."""


@dataclass(frozen=True)
class Belonging:
    """An organization a person belongs to, and as what."""

    organization: Organization
    role: str


def create_organization(session: Session, *, name: str, now: datetime) -> Organization:
    """Add an organization under a slug of its own: ``acme``, or ``acme-2`` when that is taken.

    Raises ``ValueError`` for a name that is blank or longer than 64 characters; forms say
    so before, in words.
    """
    name = name.strip()
    if not name or len(name) > NAME_MAXIMUM:
        raise ValueError(f"an organization's name has 1 to {NAME_MAXIMUM} characters")
    slug, number = slug_of(name), 1
    while True:
        organization = Organization(name=name, slug=_free(session, slug, number), created_at=now)
        try:
            with session.begin_nested():
                session.add(organization)
                session.flush()
        except IntegrityError:
            # Somebody took it between the look and the insert: PostgreSQL lets two try at once.
            number += 1
            continue
        return organization


def _free(session: Session, slug: str, number: int) -> str:
    alike = select(Organization.slug).where(Organization.slug.startswith(slug))
    taken = set(session.scalars(alike))
    while _numbered(slug, number) in taken:
        number += 1
    return _numbered(slug, number)


def slug_of(name: str) -> str:
    """``Acme`` → ``acme``, ``Müller & Söhne`` → ``muller-sohne``, ``北京`` → ``bei-jing``; never
    empty."""
    return slugify(name, max_length=SLUG_MAXIMUM) or SLUG_FALLBACK


def _numbered(slug: str, number: int) -> str:
    """The slug to try when ``number - 1`` others were taken: ``acme``, ``acme-2``, ``acme-3``."""
    return slug if number == 1 else f"{slug}-{number}"


def add_member(
    session: Session, *, organization: Organization, user: User, role: str, now: datetime
) -> Membership:
    """Make somebody a member. Raises :class:`AlreadyMember`; ``role`` is ``admin`` or ``member``.

    Two calls at once for one person make one membership: the second raises.
    """
    if role not in ROLES:
        raise ValueError(f"no such role: {role}")
    membership = Membership(
        organization_id=organization.id, user_id=user.id, role=role, created_at=now
    )
    try:
        with session.begin_nested():
            session.add(membership)
            session.flush()
    except IntegrityError:
        raise AlreadyMember from None
    return membership


def organization_by_slug(session: Session, slug: str) -> Organization | None:
    """The organization an address names; anything may stand in an address, also a NUL."""
    if not slug.isprintable():
        return None
    return session.scalar(select(Organization).where(Organization.slug == slug))


def membership_of(session: Session, *, organization: Organization, user: User) -> Membership | None:
    return session.scalar(
        select(Membership).where(
            Membership.organization_id == organization.id, Membership.user_id == user.id
        )
    )


def organizations_of(session: Session, user: User) -> list[Belonging]:
    """Every organization of a person, by name."""
    rows = session.execute(_OF_A_PERSON, {"person": user.id})
    return [Belonging(organization, role) for organization, role in rows]


# Built once: every page of the console asks.
_OF_A_PERSON = (
    select(Organization, Membership.role)
    .join(Membership, Membership.organization_id == Organization.id)
    .where(Membership.user_id == bindparam("person"))
    .order_by(Organization.name, Organization.id)
)


def admin_roles(session: Session, users: Sequence[User]) -> dict[int, frozenset[int]]:
    """Of which organizations these people are admins: a person's id → organizations' ids."""
    found: dict[int, set[int]] = {user.id: set() for user in users}
    rows = session.execute(
        select(Membership.user_id, Membership.organization_id).where(
            Membership.user_id.in_(list(found)), Membership.role == "admin"
        )
    )
    for user_id, organization_id in rows:
        found[user_id].add(organization_id)
    return {user_id: frozenset(ids) for user_id, ids in found.items()}
