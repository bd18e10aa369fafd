"""Whether mail may go out at all, asked before every claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select, text
from sqlalchemy.orm import Session

from app.install.models import Install
from app.mailer.active import ActiveMailer, active_mailer
from app.mailer.models import MailerConfiguration, MailHealth
from app.moments import sql_lies_ahead
from app.outbox.models import SENDING, OutboxMessage
from app.outbox.states import State
from app.runtime import Runtime

# Any number will do as long as every process uses the same one.
PROBE_LOCK = 7_401_227

LEASE_AT_MOST = timedelta(minutes=5)
"""No claim holds longer, whatever timeout is configured."""


_HEALTH, _CONFIGURATION = MailHealth.__table__.c, MailerConfiguration.__table__.c
_INSTALL, _ROW = Install.__table__.c, OutboxMessage.__table__.c


def _one(column: ColumnElement[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(column).where(*where).limit(1).scalar_subquery()


# Built once: putting a statement together takes longer than SQLite needs to run it.
_LOOK = select(
    _one(_HEALTH.paused_at).label("paused_at"),
    _one(_HEALTH.consecutive_failures).label("failures"),
    _one(_HEALTH.last_success_version).label("success"),
    _one(_CONFIGURATION.updated_at).label("changed"),
    _one(_CONFIGURATION.version).label("version"),
    _one(_INSTALL.access_url).label("access_url"),
    _one(_ROW.id, _ROW.state == State.HELD).label("held"),
)


@dataclass(frozen=True)
class Gate:
    """``active`` is ``None`` while mail is pending or its password cannot be decrypted; ``held``
    says that messages are held, ``failing`` that the last real send failed, ``changed`` when the
    configuration was saved."""

    active: ActiveMailer | None
    paused: bool
    proven: bool
    held: bool
    failing: bool
    changed: datetime | None

    @property
    def open(self) -> bool:
        return self.active is not None and not self.paused


class Gatekeeper:
    """Looks at the gate for the workers of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._known: tuple[object, ActiveMailer | None] | None = None

    def look(self, session: Session) -> Gate:
        """The gate as this transaction sees it.

        A configuration is *proven* while its last real send succeeded. Until then one message
        goes ahead alone, whatever the number of workers, and the rest follow when it got
        through: a wrong password costs one login, not one per connection.
        """
        seen = session.connection().execute(_LOOK).one()
        ring = self.runtime.box.ring
        active = self._active(session, (seen.version, seen.changed, seen.access_url, *ring.keys))
        usable = active is not None and active.problem is None and ring.usable
        return Gate(
            active=active if usable else None,
            paused=seen.paused_at is not None,
            proven=_proven(seen.failures or 0, seen.success, active),
            held=seen.held is not None,
            failing=bool(seen.failures),
            changed=seen.changed,
        )

    def _active(self, session: Session, made_of: object) -> ActiveMailer | None:
        """The configuration, opened again only when something that it is made of has changed."""
        known = self._known
        if known is None or known[0] != made_of:
            known = self._known = made_of, active_mailer(session, self.runtime)
        return known[1]


def _proven(failures: int, success: int | None, active: ActiveMailer | None) -> bool:
    return failures == 0 and active is not None and success == active.version


def is_paused(session: Session) -> bool:
    """Whether a person must act before mail goes out again."""
    return (
        session.scalar(select(MailHealth.id).where(MailHealth.paused_at.is_not(None))) is not None
    )


def lock_probe(session: Session) -> None:
    """Only one transaction at a time may decide who goes ahead. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PROBE_LOCK})


def somebody_is_ahead(session: Session, now: datetime) -> bool:
    """Whether a message is on its way right now."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(OutboxMessage)
            .where(SENDING, sql_lies_ahead(OutboxMessage.lease_until, now, LEASE_AT_MOST))
        )
    )
