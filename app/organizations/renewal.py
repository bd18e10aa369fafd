"""Invitations in an outage: how many of each organization wait, and new links for expired ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.organizations.invitations import resend_all
from app.organizations.inviting import Inviting
from app.organizations.models import Invitation, Organization
from app.outbox.models import OutboxMessage, State
from app.runtime import Expired, Runtime
from app.web.context import Actor


def waiting(session: Session) -> dict[str, int]:
    """Invitations whose mail waits, by the organization's name."""
    rows = session.execute(_WAITING)
    return {row.name: row.number for row in rows}


_WAITING = (
    select(Organization.name, func.count().label("number"))
    .select_from(OutboxMessage)
    .join(Invitation, OutboxMessage.public_id == Invitation.message_public_id)
    .join(Organization, Organization.id == Invitation.organization_id)
    .where(OutboxMessage.state.in_([State.QUEUED, State.HELD, State.SENDING]))
    .group_by(Organization.name)
)


def invite_anew(session: Session, runtime: Runtime, mails: Sequence[Expired], actor: Actor) -> int:
    """A new link for invitations that are still open; how many got one."""
    hashes = [(mail.stands_on or "").rpartition(":")[2] for mail in mails]
    found = session.execute(
        select(Invitation, Organization, User)
        .join(Organization, Organization.id == Invitation.organization_id)
        .outerjoin(User, User.id == Invitation.invited_by_id)
        .where(Invitation.token_hash.in_(hashes))
        .order_by(Organization.id, Invitation.invited_by_id, Invitation.id)
    ).all()
    made = 0
    for (organization, inviter), some in groupby(found, key=lambda row: (row[1], row[2])):
        invitations = [row[0] for row in some]
        inviting = Inviting(runtime, organization, "member", inviter, actor, runtime.now())
        refused = resend_all(session, inviting, invitations)
        made += refused.count(None)
    return made
