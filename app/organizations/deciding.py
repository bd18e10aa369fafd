"""What becomes of each address of a list: looked up together, decided one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import TableValuedAlias, bindparam, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.log import Happened
from app.flights import Statement
from app.mail.addresses import Address
from app.mailer.active import PENDING, mail_state
from app.many_rows import among, ready_for
from app.moments import lies_ahead
from app.organizations.inviting import LIFETIME, InviteResult, Inviting, over
from app.organizations.models import Invitation, Membership
from app.throttle import Tally, TooMany

# What becomes of an address that comes a second time, where that is something else.
_AGAIN = {
    InviteResult.INVITED: InviteResult.ALREADY_INVITED,
    InviteResult.ADDED: InviteResult.ALREADY_MEMBER,
}


def decide(session: Session, inviting: Inviting, addresses: Sequence[Address]) -> Decided:
    """What becomes of each, and what is to be written down for that; nothing is written yet but
    what the returned tally holds back for others. The organization is locked by the caller."""
    known = _look_up(session, inviting, addresses)
    new = [address for address in addresses if known.settled(address) is None]
    tally = inviting.tally(session, [] if known.no_mail else new)
    decided = Decided(inviting, known, tally)
    done: dict[str, InviteResult] = {}
    for address in addresses:
        before = done.get(address.key)
        outcome = decided.of(address) if before is None else _AGAIN.get(before, before)
        done.setdefault(address.key, outcome)
        decided.outcomes.append(outcome)
    return decided


@dataclass(frozen=True)
class Known:
    """What the database knows of some addresses: by their keys, and by the ids of people."""

    inviting: Inviting
    people: dict[str, User]
    members: frozenset[int]
    waiting: dict[str, Invitation]
    no_mail: InviteResult | None

    def settled(self, address: Address) -> InviteResult | None:
        """What an address is already, so that there is nothing to do."""
        user, waiting = self.people.get(address.key), self.waiting.get(address.key)
        if user and user.id in self.members:
            return InviteResult.ALREADY_MEMBER
        if user and not self.inviting.runtime.config.is_cloud:
            return None
        if waiting and lies_ahead(waiting.expires_at, self.inviting.now, LIFETIME):
            return InviteResult.ALREADY_INVITED
        return None


@dataclass
class Decided:
    """``outcomes`` are those of the addresses in their order; the rest is what to write."""

    inviting: Inviting
    known: Known
    tally: Tally
    outcomes: list[InviteResult] = field(default_factory=list)
    invited: list[Address] = field(default_factory=list)
    added: list[User] = field(default_factory=list)
    told: list[User] = field(default_factory=list)
    revoked: list[Invitation] = field(default_factory=list)
    taken_back: list[Invitation] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)

    def of(self, address: Address) -> InviteResult:
        """Decide about one that did not come before."""
        settled = self.known.settled(address)
        if settled is not None:
            return settled
        user, waiting = self.known.people.get(address.key), self.known.waiting.get(address.key)
        if user and not self.inviting.runtime.config.is_cloud:
            self._add(user, waiting)
            return InviteResult.ADDED
        if self.known.no_mail is not None:
            return self.known.no_mail
        try:
            self.tally.take(*self.inviting.limits(address))
        except TooMany as refused:
            return over(refused)
        if waiting:  # it has run out
            self.revoked.append(waiting)
        self.invited.append(address)
        self._tell("invitation:created", address.text)
        return InviteResult.INVITED

    def _add(self, user: User, waiting: Invitation | None) -> None:
        self.added.append(user)
        if waiting:
            self.revoked.append(waiting)
            self.taken_back.append(waiting)
        self._tell("member:added", user.email)
        if self.known.no_mail is None:
            try:
                self.tally.take(*self.inviting.limits(user.address))
            except TooMany:
                return
            self.told.append(user)

    def _tell(self, tag: str, email: str) -> None:
        changes = {"role": {"old": None, "new": self.inviting.role}}
        self.happened.append(self.inviting.happened(tag, email, changes))


def _look_up(session: Session, inviting: Inviting, addresses: Sequence[Address]) -> Known:
    keys, organization_id = sorted({one.key for one in addresses}), inviting.organization.id
    people = session.scalars(select(User).where(among(session, User.email_key, keys))).all()
    members = _members_among(session, organization_id, [user.id for user in people])
    return Known(
        inviting,
        people={user.email_key: user for user in people},
        members=members,
        waiting={one.email_key: one for one in _open_for(session, organization_id, keys)},
        no_mail=why_no_mail(session, inviting),
    )


def _members_among(session: Session, organization_id: int, people: Sequence[int]) -> frozenset[int]:
    if not people:
        return frozenset()
    ours = Membership.organization_id == organization_id
    these = select(Membership.user_id).where(ours, among(session, Membership.user_id, people))
    return frozenset(session.scalars(these))


def _open_for(session: Session, organization_id: int, keys: Sequence[str]) -> Sequence[Invitation]:
    """The open invitations of these, each looked for by itself: asked for all of them at once,
    PostgreSQL reads every open invitation of an organization of which it has no statistics yet."""
    session.flush()
    asked = {"of_organization": organization_id, "keys": keys}
    rows = _OPEN_FOR.run(session.connection(), asked).rows
    found = [row.id for row in rows if row.id is not None]
    if not found:
        return []
    these = select(Invitation).where(among(session, Invitation.id, found))
    return session.scalars(these.execution_options(populate_existing=True)).all()


def _one_open_for(keys: TableValuedAlias) -> Statement:
    one = (
        select(Invitation.id)
        .where(
            Invitation.organization_id == bindparam("of_organization"),
            Invitation.email_key == keys.c.value,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .limit(1)
    )
    return select(one.scalar_subquery().label("id")).select_from(keys)


_OPEN_FOR = ready_for(Invitation.email_key.type, "keys", _one_open_for)


def why_no_mail(session: Session, inviting: Inviting) -> InviteResult | None:
    """Why no mail can be written now."""
    if not inviting.runtime.box.ring.usable:
        return InviteResult.KEY_MISSING
    pending = mail_state(session, inviting.runtime) == PENDING
    return InviteResult.MAIL_PENDING if pending else None
