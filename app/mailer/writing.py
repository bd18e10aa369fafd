"""What every mail that is written in one transaction has in common: its sender, the base of its
links, the zone of its times, and whether mail is paused. Asked in one statement, since each mail
that is asked for asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.flights import Ready
from app.install.links import Links
from app.install.models import INSTALL_ID, Install
from app.install.service import environment_access_url
from app.mailer.active import MailPending
from app.mailer.configuration import CONFIGURATION_ID
from app.mailer.in_force import sender_in_force
from app.mailer.managed import managed_mailer
from app.mailer.models import MailerConfiguration, MailHealth
from app.runtime import Runtime


@dataclass(frozen=True)
class Writing:
    """``links`` is the base of every link in it; ``paused``: it is held once it is written;
    ``time_zone`` is the name of the install's, if one was chosen."""

    sender_address: str
    sender_name: str
    links: Links
    paused: bool
    time_zone: str | None = None


def writing(session: Session, runtime: Runtime) -> Writing:
    """As this transaction sees it.

    :raises MailPending: no mail configuration exists
    :raises LookupError: setup has not finished, so there is no access URL yet
    """
    session.flush()
    (seen,) = _LOOK.run(session.connection(), {}).rows
    fixed = environment_access_url(runtime.config)
    base = fixed.url if fixed else seen.access_url
    address, name = sender_in_force(runtime, seen.sender_address, seen.sender_name)
    if runtime.config.is_cloud:
        managed = managed_mailer(runtime.config)
        address, name = (managed.sender_address, managed.sender_name) if managed else (None, "")
    if address is None:
        raise MailPending
    if base is None:
        raise LookupError("setup has not finished, so there is no access URL yet")
    return Writing(address, name, Links(base), seen.paused_at is not None, seen.time_zone)


def _one(column: InstrumentedAttribute[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(column).where(*where).limit(1).scalar_subquery()


_CONFIGURED = MailerConfiguration.id == CONFIGURATION_ID
_LOOK = Ready(
    select(
        _one(MailerConfiguration.sender_address, _CONFIGURED).label("sender_address"),
        _one(MailerConfiguration.sender_name, _CONFIGURED).label("sender_name"),
        _one(Install.access_url, Install.id == INSTALL_ID).label("access_url"),
        _one(Install.time_zone, Install.id == INSTALL_ID).label("time_zone"),
        _one(MailHealth.paused_at, MailHealth.paused_at.is_not(None)).label("paused_at"),
    )
)
