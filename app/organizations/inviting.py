"""Inviting: who invites into what, what becomes of an address, and how many mails a day allows.

An invitation is mail to a stranger with words somebody else chose, so a single account must not
turn the install into a source of spam. Counted in the database, whatever the process. What an
organization may send is ``NOVANTRA_INVITATIONS_PER_DAY``; a mailbox is protected in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.log import Happened
from app.config import Config
from app.mail.addresses import Address
from app.organizations.models import Organization
from app.runtime import Runtime
from app.throttle import Limit, Tally, TooMany, retry_at, subject_of, subject_of_address
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

    def limits(self, address: Address) -> tuple[tuple[Limit, str], ...]:
        """What a mail to that address counts under, in the order in which it is refused."""
        return _limits(self.runtime.config, self.organization, address)

    def tally(self, session: Session, addresses: Iterable[Address]) -> Tally:
        """For counting mails about membership to these addresses."""
        wanted = [self.limits(address) for address in addresses]
        by_limit = [each for some in zip(*wanted, strict=True) for each in some]
        return Tally(session, by_limit, self.now)

    def happened(self, tag: str, email: str, changes: Mapping[str, Any] | None = None) -> Happened:
        """What was done to one address, for the audit log."""
        return Happened(tag, f"{self.organization.slug}: {email}", changes)


class NotOpen(Exception):
    """The invitation was accepted or revoked meanwhile."""


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
