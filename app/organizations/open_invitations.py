"""The open invitations of an organization: what became of their mails, and whether they stand.

Admins see a state and a cause, never an address of the relay, a link or a code. Between an
invitation and its mail lie seconds or days: whoever was removed or demoted meanwhile invites nobody
any more, and what they left behind is listed for others to revoke.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, TableValuedAlias, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.flights import Statement
from app.mail.failures import explain
from app.mailer.summary import Prospect
from app.mailer.whom_to_ask import WAITING
from app.many_rows import ready_for
from app.moments import lies_ahead, not_after, sql_lies_ahead, sql_not_after
from app.organizations.inviting import LIFETIME
from app.organizations.models import Invitation, Membership, Organization
from app.outbox.fate import Fate, fate_of
from app.outbox.models import Ended, OutboxMessage, State

PAGE = 20
WITHDRAWN = (
    "Whoever invited may no longer invite people here. Send it again to invite in your own name."
)


MAIL_STATES = {
    "waiting": "On its way or waiting",
    "sent": "Sent",
    "not-sent": "Not sent",
    "ran-out": "Link ran out",
}
"""What the list can be narrowed to, as the pills beside the addresses say it."""


@dataclass(frozen=True)
class Wanted:
    """Empty parts do not narrow. ``search`` is a part of the address, ``mail`` of
    :data:`MAIL_STATES`."""

    search: str = ""
    mail: str = ""


ALL = Wanted()


@dataclass(frozen=True)
class Delivery:
    """``level`` is a pill's, ``state`` the outbox's word, ``at`` the time of what ``text`` says."""

    level: str
    text: str
    state: str
    cause: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Listed:
    """An open invitation as the page shows it."""

    invitation: Invitation
    inviter: User | None
    delivery: Delivery
    expired: bool


@dataclass(frozen=True)
class InvitationPage:
    listed: list[Listed]
    number: int
    has_next: bool


def open_invitations(
    session: Session,
    organization: Organization,
    *,
    now: datetime,
    expected: Prospect,
    wanted: Wanted = ALL,
    number: int = 1,
    rows: int = PAGE,
) -> InvitationPage:
    """Invitations neither accepted nor revoked, newest first; those that ran out among them."""
    query = (
        select(Invitation, User, OutboxMessage)
        .outerjoin(User, User.id == Invitation.invited_by_id)
        .outerjoin(OutboxMessage, OutboxMessage.public_id == Invitation.message_public_id)
        .where(*_fits(organization, wanted, now))
    )
    found = session.execute(
        query.order_by(Invitation.id.desc()).limit(rows + 1).offset((number - 1) * rows)
    ).all()
    listed = [
        Listed(
            invitation,
            inviter,
            delivery_of(message, expected, now),
            expired=not_after(invitation.expires_at, now, LIFETIME),
        )
        for invitation, inviter, message in found[:rows]
    ]
    return InvitationPage(listed, number, len(found) > rows)


def count_open(session: Session, organization: Organization, wanted: Wanted, now: datetime) -> int:
    """How many there are of these."""
    query = select(func.count(Invitation.id)).outerjoin(
        OutboxMessage, OutboxMessage.public_id == Invitation.message_public_id
    )
    return session.scalar(query.where(*_fits(organization, wanted, now))) or 0


def chosen_invitations(
    session: Session,
    organization: Organization,
    now: datetime,
    *,
    wanted: Wanted = ALL,
    ids: Sequence[int] | None = None,
    at_most: int,
) -> Sequence[Invitation]:
    """The newest of these, or of those among ``ids``."""
    query = select(Invitation).outerjoin(
        OutboxMessage, OutboxMessage.public_id == Invitation.message_public_id
    )
    query = query.where(*_fits(organization, wanted, now))
    if ids is not None:
        query = query.where(Invitation.id.in_(ids))
    return session.scalars(query.order_by(Invitation.id.desc()).limit(at_most)).all()


def _fits(
    organization: Organization, wanted: Wanted, now: datetime
) -> Iterator[ColumnElement[bool]]:
    yield Invitation.organization_id == organization.id
    yield Invitation.accepted_at.is_(None)
    yield Invitation.revoked_at.is_(None)
    if wanted.search:
        yield Invitation.email_key.contains(wanted.search.lower(), autoescape=True)
    ran_out = sql_not_after(Invitation.expires_at, now, LIFETIME)
    unsent = OutboxMessage.state.in_((State.QUEUED, State.HELD, State.SENDING))
    match wanted.mail:
        case "waiting":
            yield and_(unsent, not_(ran_out))
        case "sent":
            yield OutboxMessage.state == State.SENT
        case "not-sent":
            ended = OutboxMessage.state.in_((State.FAILED, State.CANCELLED))
            yield or_(ended, and_(unsent, ran_out))
        case "ran-out":
            yield ran_out


def delivery_of(message: OutboxMessage | None, expected: Prospect, now: datetime) -> Delivery:
    """The state of one mail; ``None`` when its row was cleared away after its time."""
    if message is None:
        return Delivery("quiet", "No longer recorded", "unknown")
    level, text, cause, at = _described(message, fate_of(message, expected, now))
    return Delivery(level, text, message.state, cause, at)


def _described(message: OutboxMessage, fate: Fate) -> tuple[str, str, str | None, datetime | None]:
    if message.state == State.SENT:  # whether its link ran out since stands in a column of its own
        return "good", "Sent", None, message.sent_at
    match fate:
        case Fate.WAITS:
            return "warn", "Waits", WAITING, None
        case Fate.TRIED_AGAIN:
            return "warn", "Tried again", _cause(message), message.due_at
        case Fate.EXPIRED:
            return "bad", "Not sent", "It ran out before it could be sent.", message.finished_at
        case Fate.CANCELLED if message.ended_because == Ended.WITHDRAWN:
            return "bad", "Not sent", WITHDRAWN, message.finished_at
        case Fate.CANCELLED:
            return "warn", "Not sent", "An administrator cancelled the mail.", message.finished_at
        case Fate.FAILED:
            return "bad", "Not sent", _cause(message), message.finished_at
    if message.state == State.SENDING:
        return "quiet", "Being sent", None, None
    return "quiet", "On its way", None, None


def _cause(message: OutboxMessage) -> str | None:
    if message.last_failure is None:
        return message.last_code  # none, or one that a newer version of the program wrote
    return explain(message.last_failure.code).title


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


def invitation_stands(session: Session, token_hash: str, now: datetime) -> bool:
    """Whether the mail of an invitation may still go out: its link works, and whoever invited
    may still invite. For ``Runtime.still_stands``."""
    return bool(invitations_that_stand(session, [token_hash], now))


def invitations_that_stand(
    session: Session, token_hashes: Sequence[str], now: datetime
) -> set[str]:
    """Those of many, as :func:`invitation_stands`. For ``Runtime.still_stand``.

    Who may invite keeps the right until this transaction ends, as with
    :func:`app.organizations.members.lost_right`.
    """
    session.flush()
    found = _STANDING.run(session.connection(), {"hashes": list(token_hashes)}).rows
    return {row.token_hash for row in found if lies_ahead(row.expires_at, now, LIFETIME)}


def _standing(hashes: TableValuedAlias) -> Statement:
    """Those that nobody has used or revoked, of people who may invite; these stay as they are."""
    invited = and_(
        Membership.organization_id == Invitation.organization_id,
        Membership.user_id == Invitation.invited_by_id,
        Membership.role == "admin",
    )
    return (
        select(Invitation.token_hash, Invitation.expires_at)
        .select_from(hashes)
        .join(Invitation, Invitation.token_hash == hashes.c.value)
        .join(Membership, invited)
        .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .order_by(Membership.id)
        .with_for_update(read=True, of=Membership)
    )


_STANDING = ready_for(Invitation.token_hash.type, "hashes", _standing)


def handed_over_stands(session: Session, token_hash: str, now: datetime) -> bool:
    """As :func:`invitation_stands`, but the mail goes out after somebody joined as well: whoever
    owns the address must hear that another person was shown the link."""
    joined = select(Invitation.id).where(
        Invitation.token_hash == token_hash, Invitation.accepted_at.is_not(None)
    )
    return session.scalar(joined) is not None or invitation_stands(session, token_hash, now)


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        sql_lies_ahead(Invitation.expires_at, now, LIFETIME),
    )
