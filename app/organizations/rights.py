"""Whether somebody may still invite: asked again when an invitation is made and when it is sent.

Between the asking and the doing lie seconds or days: a list is worked off line by line, a mail
waits for its relay. Whoever was removed or demoted meanwhile invites nobody any more.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.moments import sql_lies_ahead
from app.organizations.desk import Lost
from app.organizations.invitations import LIFETIME
from app.organizations.models import Invitation, Membership, Organization


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


def invitation_stands(session: Session, token_hash: str, now: datetime) -> bool:
    """Whether the mail of an invitation may still go out: its link works, and whoever invited
    may still invite. For ``Runtime.still_stands``."""
    found = session.execute(
        select(Invitation.organization_id, Invitation.invited_by_id).where(
            Invitation.token_hash == token_hash, *_open(now)
        )
    ).first()
    return found is not None and (
        lost_right(session, organization_id=found.organization_id, user_id=found.invited_by_id)
        is None
    )


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


def left_behind(organization: Organization, now: datetime) -> ColumnElement[bool]:
    """Open invitations made by people who could not make them today."""
    may_invite = (
        select(Membership.id)
        .where(
            Membership.organization_id == Invitation.organization_id,
            Membership.user_id == Invitation.invited_by_id,
            Membership.role == "admin",
        )
        .exists()
    )
    return and_(Invitation.organization_id == organization.id, *_open(now), ~may_invite)


def count_left_behind(session: Session, organization: Organization, now: datetime) -> int:
    """How many those are."""
    some = select(func.count()).select_from(Invitation).where(left_behind(organization, now))
    return session.scalar(some) or 0


def some_left_behind(
    session: Session, organization: Organization, now: datetime, rows: int
) -> list[tuple[Invitation, User | None]]:
    """The newest of them, each with whoever made it while that account exists."""
    found = session.execute(
        select(Invitation, User)
        .outerjoin(User, User.id == Invitation.invited_by_id)
        .where(left_behind(organization, now))
        .order_by(Invitation.id.desc())
        .limit(rows)
    ).all()
    return [(invitation, inviter) for invitation, inviter in found]


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        sql_lies_ahead(Invitation.expires_at, now, LIFETIME),
    )
