"""Invitations in an outage: how many of each organization wait, and new links for expired ones."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.organizations.invitations import Inviting, NotOpen, resend
from app.organizations.models import Invitation, Organization
from app.outbox.models import OutboxMessage, State
from app.runtime import Expired, Runtime
from app.throttle import TooMany
from app.web.context import Actor


def waiting(session: Session) -> dict[str, int]:
    """Invitations whose mail waits, by the organization's name."""
    rows = session.execute(
        select(Organization.name, func.count().label("number"))
        .select_from(OutboxMessage)
        .join(Invitation, OutboxMessage.public_id == Invitation.message_public_id)
        .join(Organization, Organization.id == Invitation.organization_id)
        .where(OutboxMessage.state.in_([State.QUEUED, State.HELD, State.SENDING]))
        .group_by(Organization.name)
    )
    return {row.name: row.number for row in rows}


def invite_anew(session: Session, runtime: Runtime, mails: Sequence[Expired], actor: Actor) -> int:
    """A new link for invitations that are still open; how many got one."""
    made = 0
    for mail in mails:
        found = session.scalar(
            select(Invitation).where(
                Invitation.token_hash == (mail.stands_on or "").rpartition(":")[2]
            )
        )
        organization = session.get(Organization, found.organization_id) if found else None
        if found is None or organization is None:
            continue
        by = found.invited_by_id
        inviting = Inviting(
            runtime=runtime,
            organization=organization,
            role=found.role,
            inviter=session.get(User, by) if by is not None else None,
            actor=actor,
            now=runtime.now(),
        )
        try:
            resend(session, inviting, found)
        except (NotOpen, TooMany):
            continue
        made += 1
    return made
