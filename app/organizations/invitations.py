"""Invitations made, sent again, handed over and revoked, any number at once.

In the caller's transaction, with a few statements for all of them: people, members and open
invitations are looked up together; mails are counted, written and told together. One address is a
list of one. Whether somebody may ask for it is asked by the caller, in each transaction anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.tokens import hash_secret, new_secret
from app.audit.log import record_all
from app.install.service import links
from app.mail.addresses import Address
from app.mailer.active import require_mail
from app.many_rows import ManyRows
from app.organizations.deciding import decide, why_no_mail
from app.organizations.inviting import LIFETIME, InviteResult, Inviting, NotOpen
from app.organizations.letters import invitation_letter, notice_letter
from app.organizations.members import lock
from app.organizations.models import ROLES, Invitation, Membership
from app.outbox.bulk import cancel_each
from app.outbox.queue import enqueue_all
from app.throttle import TooMany

_INVITATIONS = ManyRows(cast(Table, Invitation.__table__))
_MEMBERSHIPS = ManyRows(cast(Table, Membership.__table__))


def invite(session: Session, inviting: Inviting, address: Address) -> InviteResult:
    """Invite an address, or add the person who has it: see :func:`invite_all`."""
    return invite_all(session, inviting, [address])[0]


def invite_all(
    session: Session, inviting: Inviting, addresses: Sequence[Address]
) -> list[InviteResult]:
    """Invite addresses, or add the people who have them; what became of each.

    In Sovereign everybody with an account works for the operator, so an existing person is
    added at once. In Cloud accounts belong to strangers: they are asked by mail like anybody,
    and nobody learns whether an address has an account.

    They are decided in their order: of an address that comes twice the second is invited already,
    and a limit refuses those that come behind.
    """
    if inviting.role not in ROLES:
        raise ValueError(f"no such role: {inviting.role}")
    lock(session, inviting.organization)
    decided = decide(session, inviting, addresses)
    decided.tally.write()
    _revoke(session, inviting, decided.revoked)
    _take_back(session, inviting, decided.taken_back)
    _add(session, inviting, decided.added)
    _write_notices(session, inviting, decided.told)
    _write_new(session, inviting, decided.invited)
    record_all(session, now=inviting.now, actor=inviting.actor, events=decided.happened)
    return decided.outcomes


def resend(session: Session, inviting: Inviting, invitation: Invitation) -> None:
    """Mail a new link, good for another seven days; the one sent before stops working.

    Raises :class:`NotOpen`, ``MailPending``, or ``TooMany``.
    """
    (refused,) = resend_all(session, inviting, [invitation])
    if refused is not None:
        raise refused


def resend_all(
    session: Session, inviting: Inviting, invitations: Sequence[Invitation]
) -> list[NotOpen | TooMany | None]:
    """As :func:`resend`, with each of them; why it was not sent again, or ``None``.

    Raises ``MailPending``, and ``KeysUnusable``: then none was.
    """
    lock(session, inviting.organization)
    opened = _still_open(session, invitations)
    require_mail(session, inviting.runtime)
    tally = inviting.tally(session, [invitation.address for invitation in opened])
    refused: dict[int, TooMany] = {}
    for invitation in opened:
        try:
            tally.take(*inviting.limits(invitation.address))
        except TooMany as too_many:
            refused[invitation.id] = too_many
    tally.write()
    _write_anew(session, inviting, [one for one in opened if one.id not in refused])
    ids = {invitation.id for invitation in opened}
    return [refused.get(one.id) if one.id in ids else NotOpen() for one in invitations]


def hand_over(session: Session, inviting: Inviting, invitation: Invitation) -> str:
    """A new link, to be handed over by whoever invites; the one before stops working.

    The same goes out by mail as soon as mail works, and says who was shown it. Whoever accepts
    has not proven that the address is theirs. Raises as :func:`resend` does.
    """
    lock(session, inviting.organization)
    if not _still_open(session, [invitation]):
        raise NotOpen
    require_mail(session, inviting.runtime)
    tally = inviting.tally(session, [invitation.address])
    tally.take(*inviting.limits(invitation.address))
    tally.write()
    return _write_anew(session, inviting, [invitation], handed_over=True)[0]


def revoke(session: Session, inviting: Inviting, invitation: Invitation) -> None:
    """End an invitation; its mail is not sent if it still waits. Raises :class:`NotOpen`."""
    if not revoke_all(session, inviting, [invitation]):
        raise NotOpen


def revoke_all(session: Session, inviting: Inviting, invitations: Sequence[Invitation]) -> int:
    """As :func:`revoke`, with those of them that are still open; how many those were."""
    opened = _still_open(session, invitations)
    _revoke(session, inviting, opened)
    _take_back(session, inviting, opened)
    told = [inviting.happened("invitation:revoked", one.email) for one in opened]
    record_all(session, now=inviting.now, actor=inviting.actor, events=told)
    return len(opened)


def tell_added(session: Session, inviting: Inviting, user: User) -> None:
    """A courtesy: without mail, or beyond the limits, the membership stands all the same."""
    if why_no_mail(session, inviting) is not None:
        return
    tally = inviting.tally(session, [user.address])
    try:
        tally.take(*inviting.limits(user.address))
    except TooMany:
        return
    tally.write()
    _write_notices(session, inviting, [user])


def _still_open(session: Session, invitations: Sequence[Invitation]) -> list[Invitation]:
    """Those that were neither accepted nor revoked, as they are now and until the commit."""
    if not invitations:
        return []
    found = session.scalars(
        select(Invitation)
        .where(Invitation.id.in_([one.id for one in invitations]))
        .order_by(Invitation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    opened = {one.id: one for one in found if not (one.accepted_at or one.revoked_at)}
    return [opened[one.id] for one in invitations if one.id in opened]


def _add(session: Session, inviting: Inviting, users: Sequence[User]) -> None:
    _MEMBERSHIPS.insert(
        session.connection(),
        {"user_id": [user.id for user in users]},
        organization_id=inviting.organization.id,
        role=inviting.role,
        created_at=inviting.now,
    )


def _write_notices(session: Session, inviting: Inviting, users: Sequence[User]) -> None:
    if users:
        base = links(session, inviting.runtime.config)
        letters = [notice_letter(inviting, base, user) for user in users]
        enqueue_all(session, inviting.runtime, letters)


def _write_new(session: Session, inviting: Inviting, addresses: Sequence[Address]) -> None:
    if not addresses:
        return
    base = links(session, inviting.runtime.config)
    secrets = [new_secret() for _ in addresses]
    letters = [
        invitation_letter(inviting, base, address, inviting.role, secret)
        for address, secret in zip(addresses, secrets, strict=True)
    ]
    _INVITATIONS.insert(
        session.connection(),
        {
            "email": [address.text for address in addresses],
            "email_key": [address.key for address in addresses],
            "token_hash": [hash_secret(secret) for secret in secrets],
            "message_public_id": enqueue_all(session, inviting.runtime, letters),
        },
        organization_id=inviting.organization.id,
        role=inviting.role,
        invited_by_id=inviting.inviter.id if inviting.inviter else None,
        created_at=inviting.now,
        expires_at=inviting.now + LIFETIME,
    )


def _write_anew(
    session: Session,
    inviting: Inviting,
    invitations: Sequence[Invitation],
    *,
    handed_over: bool = False,
) -> list[str]:
    """New links for these, and their mails in place of those that still wait; the links."""
    _take_back(session, inviting, invitations)
    base = links(session, inviting.runtime.config)
    letters = []
    for invitation in invitations:
        secret = new_secret()
        invitation.token_hash = hash_secret(secret)
        invitation.expires_at = inviting.now + LIFETIME
        invitation.handed_over_at = inviting.now if handed_over else None
        if inviting.inviter is not None:  # it goes out in the name of whoever sends it now
            invitation.invited_by_id = inviting.inviter.id
        letters.append(
            invitation_letter(
                inviting, base, invitation.address, invitation.role, secret, handed_over
            )
        )
    ids = enqueue_all(session, inviting.runtime, letters)
    for invitation, public_id in zip(invitations, ids, strict=True):
        invitation.message_public_id = public_id
    tag = "invitation:handed-over" if handed_over else "invitation:resent"
    told = [inviting.happened(tag, invitation.email) for invitation in invitations]
    record_all(session, now=inviting.now, actor=inviting.actor, events=told)
    return [str(letter.context["link"]) for letter in letters]


def _revoke(session: Session, inviting: Inviting, invitations: Sequence[Invitation]) -> None:
    for invitation in invitations:
        invitation.revoked_at = inviting.now
    session.flush()


def _take_back(session: Session, inviting: Inviting, invitations: Sequence[Invitation]) -> None:
    """Cancel the mails of these that were not sent: their links would lead nowhere."""
    ids = [one.message_public_id for one in invitations if one.message_public_id]
    cancel_each(session, ids, now=inviting.now, actor=inviting.actor)
