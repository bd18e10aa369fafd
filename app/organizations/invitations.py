"""Inviting: one address, one decision, one mail, in the caller's transaction."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.tokens import hash_secret, new_secret
from app.accounts.users import find_by_key
from app.install.service import links
from app.mail.addresses import key
from app.mailer.active import MailPending, require_mail
from app.moments import lies_ahead
from app.organizations.desk import Desk, Outcome, audit
from app.organizations.limits import TooManyForAddress, TooManyForOrganization, count_mail
from app.organizations.models import ROLES, Invitation, Organization
from app.organizations.roster import lock
from app.organizations.service import AlreadyMember, add_member, membership_of
from app.organizations.telling import tell_added
from app.outbox.actions import cancel
from app.outbox.actions import find as find_message
from app.outbox.queue import enqueue

LIFETIME = timedelta(days=7)


class NotOpen(Exception):
    """The invitation was accepted or revoked meanwhile."""


def invite(session: Session, desk: Desk, email: str) -> Outcome:
    """Invite a normalised address, or add the person who has it.

    In Sovereign everybody with an account works for the operator, so an existing person is
    added at once. In Cloud accounts belong to strangers: they are asked by mail like anybody,
    and nobody learns whether an address has an account.
    """
    if desk.role not in ROLES:
        raise ValueError(f"no such role: {desk.role}")
    lock(session, desk.organization)
    email_key = key(email)
    user = find_by_key(session, email_key)
    if user and membership_of(session, organization=desk.organization, user=user):
        return Outcome.ALREADY_MEMBER
    if user and not desk.runtime.config.is_cloud:
        return _add(session, desk, user)
    waiting = _open_invitation(session, desk.organization, email_key)
    if waiting and lies_ahead(waiting.expires_at, desk.now, LIFETIME):
        return Outcome.ALREADY_INVITED
    if not desk.runtime.box.ring.usable:
        return Outcome.KEY_MISSING
    try:
        require_mail(session, desk.runtime)
        count_mail(
            session,
            desk.runtime.config,
            organization=desk.organization,
            email_key=email_key,
            now=desk.now,
        )
    except MailPending:
        return Outcome.MAIL_PENDING
    except TooManyForAddress:
        return Outcome.ADDRESS_LIMIT
    except TooManyForOrganization:
        return Outcome.ORGANIZATION_LIMIT
    if waiting:
        waiting.revoked_at = desk.now
        session.flush()
    invitation = Invitation(
        organization_id=desk.organization.id,
        email=email,
        email_key=email_key,
        role=desk.role,
        invited_by_id=desk.inviter.id if desk.inviter else None,
        created_at=desk.now,
    )
    _mail(session, desk, invitation)
    session.add(invitation)
    audit(session, desk, "invitation:created", email, {"role": {"old": None, "new": desk.role}})
    return Outcome.INVITED


def resend(session: Session, desk: Desk, invitation: Invitation) -> None:
    """Mail a new link, good for another seven days; the one sent before stops working.

    Raises :class:`NotOpen`, ``MailPending``, or a limit of :mod:`app.organizations.limits`.
    """
    lock(session, desk.organization)
    session.refresh(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise NotOpen
    require_mail(session, desk.runtime)
    count_mail(
        session,
        desk.runtime.config,
        organization=desk.organization,
        email_key=invitation.email_key,
        now=desk.now,
    )
    _take_back(session, desk, invitation)
    if desk.inviter is not None:  # it goes out in the name of whoever sends it now
        invitation.invited_by_id = desk.inviter.id
    _mail(session, desk, invitation)
    audit(session, desk, "invitation:resent", invitation.email)


def revoke(session: Session, desk: Desk, invitation: Invitation) -> None:
    """End an invitation; its mail is not sent if it still waits. Raises :class:`NotOpen`."""
    ended = session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=desk.now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).first()
    if ended is None:
        raise NotOpen
    session.refresh(invitation)
    _take_back(session, desk, invitation)
    audit(session, desk, "invitation:revoked", invitation.email)


def _add(session: Session, desk: Desk, user: User) -> Outcome:
    try:
        add_member(session, organization=desk.organization, user=user, role=desk.role, now=desk.now)
    except AlreadyMember:
        return Outcome.ALREADY_MEMBER
    waiting = _open_invitation(session, desk.organization, user.email_key)
    if waiting:
        waiting.revoked_at = desk.now
        _take_back(session, desk, waiting)
    tell_added(session, desk, user)
    audit(session, desk, "member:added", user.email, {"role": {"old": None, "new": desk.role}})
    return Outcome.ADDED


def _mail(session: Session, desk: Desk, invitation: Invitation) -> None:
    secret = new_secret()
    invitation.token_hash = hash_secret(secret)
    invitation.expires_at = desk.now + LIFETIME
    message = enqueue(
        session,
        desk.runtime,
        kind="invitation",
        to=invitation.email,
        context={
            "organization": desk.organization.name,
            "role": invitation.role,
            "inviter": desk.inviter_name,
            "email": invitation.email,
            "link": links(session, desk.runtime.config).to("invitations", secret),
            "until": invitation.expires_at,
        },
        expires_at=invitation.expires_at,
        stands_on=f"invitation:{invitation.token_hash}",
    )
    invitation.message_public_id = message.public_id


def _take_back(session: Session, desk: Desk, invitation: Invitation) -> None:
    """Cancel the mail of an invitation if it was not sent: its link would lead nowhere."""
    message = find_message(session, invitation.message_public_id or "")
    if message is not None:
        cancel(session, message, now=desk.now, actor=desk.actor)


def _open_invitation(
    session: Session, organization: Organization, email_key: str
) -> Invitation | None:
    """Neither accepted nor revoked; it may have run out."""
    return session.scalar(
        select(Invitation)
        .where(
            Invitation.organization_id == organization.id,
            Invitation.email_key == email_key,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
