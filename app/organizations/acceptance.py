"""Accepting: a link is worth one membership, in the organization and role stored with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.tokens import hash_secret
from app.accounts.users import create_user
from app.audit.log import record
from app.moments import lies_ahead, sql_lies_ahead
from app.organizations.inviting import LIFETIME
from app.organizations.members import lock
from app.organizations.models import Invitation, Organization
from app.organizations.service import AlreadyMember, add_member
from app.web.context import Actor


class Status(StrEnum):
    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


class NoLongerOpen(Exception):
    """Somebody used, revoked or outlived the invitation between the look and the claim."""


@dataclass(frozen=True)
class Offer:
    """What a link stands for."""

    invitation: Invitation
    organization: Organization
    inviter: User | None
    status: Status


def look_up(session: Session, secret: str, *, now: datetime) -> Offer | None:
    """The offer behind a link, in whatever state. Looking uses nothing up."""
    row = session.execute(
        select(Invitation, Organization, User)
        .join(Organization, Organization.id == Invitation.organization_id)
        .outerjoin(User, User.id == Invitation.invited_by_id)
        .where(Invitation.token_hash == hash_secret(secret))
    ).first()
    if row is None:
        return None
    invitation, organization, inviter = row
    return Offer(invitation, organization, inviter, _status(invitation, now))


def accept_as_new(
    session: Session, *, secret: str, name: str, password_hash: str, now: datetime, ip: str | None
) -> tuple[User, Organization]:
    """Make the account and the membership of somebody who holds the link.

    The link came by mail, so the address counts as verified; but not if somebody else was shown
    it, to hand it over while mail did not go out. Raises :class:`NoLongerOpen`, and
    ``AddressTaken`` when the address has an account: its owner has to sign in instead.
    """
    invitation, organization = _claim(session, secret, now)
    user = create_user(
        session,
        now=now,
        address=invitation.address,
        name=name,
        password_hash=password_hash,
        verified=invitation.handed_over_at is None,
    )
    _join(session, invitation, organization, user, Actor(user.id, user.email, ip), now)
    return user, organization


def accept_as(
    session: Session, *, secret: str, user: User, now: datetime, actor: Actor
) -> Organization:
    """Make the membership of somebody signed in. Raises :class:`NoLongerOpen`.

    The claim itself asks for the address: a person with another one cannot use the link up.
    """
    invitation, organization = _claim(session, secret, now, Invitation.email_key == user.email_key)
    _join(session, invitation, organization, user, actor, now)
    return organization


def _claim(
    session: Session, secret: str, now: datetime, *also: ColumnElement[bool]
) -> tuple[Invitation, Organization]:
    # In the order in which those lock who invite: the organization, then its invitations.
    organization = session.scalar(
        select(Organization)
        .join(Invitation, Invitation.organization_id == Organization.id)
        .where(Invitation.token_hash == hash_secret(secret))
    )
    if organization is None:
        raise NoLongerOpen
    lock(session, organization)
    claimed = session.execute(
        update(Invitation)
        .where(
            and_(
                Invitation.token_hash == hash_secret(secret),
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
                sql_lies_ahead(Invitation.expires_at, now, LIFETIME),
                *also,
            )
        )
        .values(accepted_at=now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if claimed is None:
        raise NoLongerOpen
    return session.get_one(Invitation, claimed, populate_existing=True), organization


def _join(
    session: Session,
    invitation: Invitation,
    organization: Organization,
    user: User,
    actor: Actor,
    now: datetime,
) -> None:
    try:
        add_member(session, organization=organization, user=user, role=invitation.role, now=now)
    except AlreadyMember:
        return  # added by hand meanwhile, with the role that was chosen then
    record(
        session,
        now=now,
        actor=actor,
        tag="invitation:accepted",
        target=f"{organization.slug}: {invitation.email}",
        changes={"role": {"old": None, "new": invitation.role}},
    )


def _status(invitation: Invitation, now: datetime) -> Status:
    if invitation.accepted_at:
        return Status.USED
    if invitation.revoked_at:
        return Status.REVOKED
    return Status.OPEN if lies_ahead(invitation.expires_at, now, LIFETIME) else Status.EXPIRED
