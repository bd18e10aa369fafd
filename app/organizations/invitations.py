"""Inviting: who invites into what, and what became of an address.

One address, one decision, one mail, in the caller's transaction. First what is asked and answered,
then inviting, sending again and revoking, then the mails and how many of them a day allows.

An invitation is mail to a stranger with words somebody else chose, so a single account must not
turn the install into a source of spam. Counted in the database, whatever the process. What an
organization may send is ``NOVANTRA_INVITATIONS_PER_DAY``; a mailbox is protected in any case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.tokens import hash_secret, new_secret
from app.accounts.users import find as find_person
from app.audit.log import record
from app.config import Config
from app.install.service import links
from app.mail.addresses import Address
from app.mailer.active import MailPending, require_mail
from app.moments import lies_ahead
from app.organizations.members import lock
from app.organizations.models import ROLES, Invitation, Organization
from app.organizations.service import AlreadyMember, add_member, membership_of
from app.outbox.actions import cancel
from app.outbox.actions import find as find_message
from app.outbox.queue import enqueue
from app.runtime import Runtime
from app.throttle import Limit, TooMany, retry_at, subject_of, subject_of_address, take
from app.web.context import Actor

LIFETIME = timedelta(days=7)
NOTICE_LIFETIME = timedelta(days=3)
DAY = timedelta(hours=24)
# What the mail of an invitation stands on: see app/organizations/open_invitations.py.
MAILED, HANDED_OVER = "invitation", "handed-over"
# One person's mailbox, counted over all organizations.
TO_ADDRESS = Limit("invitation-to", 5, DAY)


class InviteResult(StrEnum):
    """What became of one address. Only the first two changed anything."""

    INVITED = "invited"
    ADDED = "added"
    ALREADY_MEMBER = "already-member"
    ALREADY_INVITED = "already-invited"
    MAIL_PENDING = "mail-pending"
    KEY_MISSING = "key-missing"
    ADDRESS_LIMIT = "address-limit"
    ORGANIZATION_LIMIT = "organization-limit"
    NOT_ALLOWED = "not-allowed"
    """Whoever pasted the list lost the right to invite before this line had its turn."""
    SET_ASIDE = "set-aside"
    """The line could not be worked on; its detail says why."""


@dataclass(frozen=True)
class Inviting:
    """Who invites into what: the same for every address of a list."""

    runtime: Runtime
    organization: Organization
    role: str
    inviter: User | None
    actor: Actor
    now: datetime

    @property
    def inviter_name(self) -> str:
        """How mails name whoever invites."""
        return self.inviter.name if self.inviter else "An administrator"


class NotOpen(Exception):
    """The invitation was accepted or revoked meanwhile."""


def invite(session: Session, inviting: Inviting, address: Address) -> InviteResult:
    """Invite an address, or add the person who has it.

    In Sovereign everybody with an account works for the operator, so an existing person is
    added at once. In Cloud accounts belong to strangers: they are asked by mail like anybody,
    and nobody learns whether an address has an account.
    """
    if inviting.role not in ROLES:
        raise ValueError(f"no such role: {inviting.role}")
    lock(session, inviting.organization)
    user = find_person(session, address)
    if user and membership_of(session, organization=inviting.organization, user=user):
        return InviteResult.ALREADY_MEMBER
    if user and not inviting.runtime.config.is_cloud:
        return _add(session, inviting, user)
    waiting = _open_invitation(session, inviting.organization, address)
    if waiting and lies_ahead(waiting.expires_at, inviting.now, LIFETIME):
        return InviteResult.ALREADY_INVITED
    if not inviting.runtime.box.ring.usable:
        return InviteResult.KEY_MISSING
    try:
        require_mail(session, inviting.runtime)
        _count_mail(session, inviting, address)
    except MailPending:
        return InviteResult.MAIL_PENDING
    except TooMany as refused:
        return over(refused)
    if waiting:
        waiting.revoked_at = inviting.now
        session.flush()
    invitation = Invitation(
        organization_id=inviting.organization.id,
        address=address,
        role=inviting.role,
        invited_by_id=inviting.inviter.id if inviting.inviter else None,
        created_at=inviting.now,
    )
    _mail(session, inviting, invitation)
    session.add(invitation)
    audit(
        session,
        inviting,
        "invitation:created",
        address.text,
        {"role": {"old": None, "new": inviting.role}},
    )
    return InviteResult.INVITED


def resend(session: Session, inviting: Inviting, invitation: Invitation) -> None:
    """Mail a new link, good for another seven days; the one sent before stops working.

    Raises :class:`NotOpen`, ``MailPending``, or ``TooMany``.
    """
    lock(session, inviting.organization)
    session.refresh(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise NotOpen
    require_mail(session, inviting.runtime)
    _count_mail(session, inviting, invitation.address)
    _take_back(session, inviting, invitation)
    if inviting.inviter is not None:  # it goes out in the name of whoever sends it now
        invitation.invited_by_id = inviting.inviter.id
    _mail(session, inviting, invitation)
    audit(session, inviting, "invitation:resent", invitation.email)


def hand_over(session: Session, inviting: Inviting, invitation: Invitation) -> str:
    """A new link, to be handed over by whoever invites; the one before stops working.

    The same goes out by mail as soon as mail works, and says who was shown it. Whoever accepts
    has not proven that the address is theirs. Raises as :func:`resend` does.
    """
    lock(session, inviting.organization)
    session.refresh(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise NotOpen
    require_mail(session, inviting.runtime)
    _count_mail(session, inviting, invitation.address)
    _take_back(session, inviting, invitation)
    if inviting.inviter is not None:
        invitation.invited_by_id = inviting.inviter.id
    link = _mail(session, inviting, invitation, handed_over=True)
    audit(session, inviting, "invitation:handed-over", invitation.email)
    return link


def revoke(session: Session, inviting: Inviting, invitation: Invitation) -> None:
    """End an invitation; its mail is not sent if it still waits. Raises :class:`NotOpen`."""
    ended = session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=inviting.now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).first()
    if ended is None:
        raise NotOpen
    session.refresh(invitation)
    _take_back(session, inviting, invitation)
    audit(session, inviting, "invitation:revoked", invitation.email)


def _add(session: Session, inviting: Inviting, user: User) -> InviteResult:
    try:
        add_member(
            session,
            organization=inviting.organization,
            user=user,
            role=inviting.role,
            now=inviting.now,
        )
    except AlreadyMember:
        return InviteResult.ALREADY_MEMBER
    waiting = _open_invitation(session, inviting.organization, user.address)
    if waiting:
        waiting.revoked_at = inviting.now
        _take_back(session, inviting, waiting)
    tell_added(session, inviting, user)
    audit(
        session, inviting, "member:added", user.email, {"role": {"old": None, "new": inviting.role}}
    )
    return InviteResult.ADDED


def _mail(
    session: Session, inviting: Inviting, invitation: Invitation, *, handed_over: bool = False
) -> str:
    """Write the mail with a new link; that link."""
    secret = new_secret()
    link = links(session, inviting.runtime.config).to("invitations", secret)
    invitation.handed_over_at = inviting.now if handed_over else None
    invitation.token_hash = hash_secret(secret)
    invitation.expires_at = inviting.now + LIFETIME
    invitation.message_public_id = enqueue(
        session,
        inviting.runtime,
        kind="invitation",
        to=invitation.address,
        context={
            "organization": inviting.organization.name,
            "role": invitation.role,
            "inviter": inviting.inviter_name,
            "email": invitation.email,
            "link": link,
            "until": invitation.expires_at,
            "handed_over": handed_over,
        },
        label=f"Invitation to {inviting.organization.name}",
        expires_at=invitation.expires_at,
        stands_on=f"{HANDED_OVER if handed_over else MAILED}:{invitation.token_hash}",
    )
    return link


def tell_added(session: Session, inviting: Inviting, user: User) -> None:
    """A courtesy: without mail, or beyond the limits, the membership stands all the same."""
    if not inviting.runtime.box.ring.usable:
        return
    try:
        require_mail(session, inviting.runtime)
        _count_mail(session, inviting, user.address)
    except (MailPending, TooMany):
        return
    enqueue(
        session,
        inviting.runtime,
        kind="membership-added",
        to=user.address,
        time_zone=user.time_zone,
        context={
            "name": user.name,
            "organization": inviting.organization.name,
            "role": inviting.role,
            "inviter": inviting.inviter_name,
            "link": links(session, inviting.runtime.config).to(
                "organizations", inviting.organization.slug, "members"
            ),
        },
        label=f"Added to {inviting.organization.name}",
        expires_at=inviting.now + NOTICE_LIFETIME,
        stands_on=f"membership:{inviting.organization.id}:{user.id}",
    )


def _take_back(session: Session, inviting: Inviting, invitation: Invitation) -> None:
    """Cancel the mail of an invitation if it was not sent: its link would lead nowhere."""
    message = find_message(session, invitation.message_public_id or "")
    if message is not None:
        cancel(session, message, now=inviting.now, actor=inviting.actor)


def _open_invitation(
    session: Session, organization: Organization, address: Address
) -> Invitation | None:
    """Neither accepted nor revoked; it may have run out."""
    return session.scalar(
        select(Invitation)
        .where(
            Invitation.organization_id == organization.id,
            Invitation.email_key == address.key,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )


def _count_mail(session: Session, inviting: Inviting, address: Address) -> None:
    """Count one mail about membership. Raises ``TooMany`` when either limit is reached."""
    for limit, subject in _limits(inviting.runtime.config, inviting.organization, address):
        take(session, limit, subject, inviting.now)


def frees_at(
    session: Session,
    config: Config,
    *,
    organization: Organization,
    address: Address,
    now: datetime,
) -> datetime:
    """When one more mail to that address may be counted; ``now`` when it may be already."""
    limits = _limits(config, organization, address)
    moments = [retry_at(session, limit, subject, now) for limit, subject in limits]
    return max([now, *filter(None, moments)])


def over(refused: TooMany) -> InviteResult:
    """Which of the two limits refused."""
    mailbox = refused.limit == TO_ADDRESS
    return InviteResult.ADDRESS_LIMIT if mailbox else InviteResult.ORGANIZATION_LIMIT


def from_organization(config: Config) -> Limit:
    """What one organization may send in a day."""
    return Limit("invitation-from", config.invitations_per_day, DAY)


def _limits(
    config: Config, organization: Organization, address: Address
) -> tuple[tuple[Limit, str], ...]:
    return (
        (TO_ADDRESS, subject_of_address(address)),
        (from_organization(config), subject_of("organization", str(organization.id))),
    )


def audit(
    session: Session,
    inviting: Inviting,
    tag: str,
    email: str,
    changes: dict[str, dict[str, str | None]] | None = None,
) -> None:
    """Record what was done to one address."""
    target = f"{inviting.organization.slug}: {email}"
    record(session, now=inviting.now, actor=inviting.actor, tag=tag, target=target, changes=changes)
