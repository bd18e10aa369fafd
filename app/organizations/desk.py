"""Who invites into what, and what became of an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.log import record
from app.organizations.models import Organization
from app.runtime import Runtime
from app.web.context import Actor


class Outcome(StrEnum):
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


class Lost(StrEnum):
    """Why somebody may no longer do what they asked for when they still could."""

    ACCOUNT_GONE = "account-gone"
    REMOVED = "removed"
    DEMOTED = "demoted"


@dataclass(frozen=True)
class Desk:
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


def audit(
    session: Session,
    desk: Desk,
    tag: str,
    email: str,
    changes: dict[str, dict[str, str | None]] | None = None,
) -> None:
    """Record what was done to one address."""
    target = f"{desk.organization.slug}: {email}"
    record(session, now=desk.now, actor=desk.actor, tag=tag, target=target, changes=changes)
