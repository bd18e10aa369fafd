"""How much mail one organization, and one address, may be made to send or receive in a day.

An invitation is mail to a stranger with words somebody else chose, so a single account must not
turn the install into a source of spam. Counted in the database, whatever the process. What an
organization may send is ``NOVANTRA_INVITATIONS_PER_DAY``; a mailbox is protected in any case.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.accounts.throttle import allow, retry_at, subject_of, subject_of_address
from app.config import Config
from app.organizations.models import Organization

DAY = timedelta(hours=24)
# One person's mailbox, counted over all organizations.
PER_ADDRESS = 5


TO_ADDRESS, FROM_ORGANIZATION = "invitation-to", "invitation-from"


class TooManyForOrganization(Exception):
    """The organization has sent what it may within 24 hours."""


class TooManyForAddress(Exception):
    """This address was mailed as often as is bearable within 24 hours."""


def count_mail(
    session: Session,
    config: Config,
    *,
    organization: Organization,
    email_key: str,
    now: datetime,
) -> None:
    """Count one mail about membership. Raises when either limit is reached."""
    if not allow(
        session,
        purpose=TO_ADDRESS,
        subject=subject_of_address(email_key),
        limit=PER_ADDRESS,
        window=DAY,
        now=now,
    ):
        raise TooManyForAddress
    if not allow(
        session,
        purpose=FROM_ORGANIZATION,
        subject=_subject(organization),
        limit=config.invitations_per_day,
        window=DAY,
        now=now,
    ):
        raise TooManyForOrganization


def frees_at(
    session: Session,
    config: Config,
    *,
    organization: Organization,
    email_key: str,
    now: datetime,
) -> datetime:
    """When one more mail to that address may be counted; ``now`` when it may be already."""
    counted = (
        (TO_ADDRESS, subject_of_address(email_key), PER_ADDRESS),
        (FROM_ORGANIZATION, _subject(organization), config.invitations_per_day),
    )
    moments = [
        retry_at(session, purpose=purpose, subject=subject, limit=limit, window=DAY, now=now)
        for purpose, subject, limit in counted
    ]
    return max([now, *filter(None, moments)])


def _subject(organization: Organization) -> str:
    return subject_of("organization", str(organization.id))
