"""Whether mail may go out at all, asked before every claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.mailer.active import ActiveMailer, active_mailer
from app.mailer.models import MailerConfiguration, MailHealth
from app.outbox.models import SENDING, OutboxMessage
from app.runtime import Runtime

# Any number will do as long as every process uses the same one.
PROBE_LOCK = 7_401_227


@dataclass(frozen=True)
class Gate:
    """``active`` is ``None`` while mail is pending or its password cannot be decrypted."""

    active: ActiveMailer | None
    paused: bool
    proven: bool

    @property
    def open(self) -> bool:
        return self.active is not None and not self.paused


def read_gate(session: Session, runtime: Runtime) -> Gate:
    """The gate as this transaction sees it.

    A configuration is *proven* while its last real send succeeded. Until then one message
    goes ahead alone, whatever the number of workers, and the rest follow when it got
    through: a wrong password costs one login, not one per connection.
    """
    health = session.execute(
        select(
            MailHealth.paused_at, MailHealth.consecutive_failures, MailHealth.last_success_at
        ).where(MailHealth.id == 1)
    ).first()
    changed = session.scalar(
        select(MailerConfiguration.updated_at).where(MailerConfiguration.id == 1)
    )
    active = active_mailer(session, runtime)
    usable = active is not None and active.problem is None and runtime.box.ring.usable
    return Gate(
        active=active if usable else None,
        paused=health is not None and health.paused_at is not None,
        proven=health is not None
        and _proven(health.consecutive_failures, health.last_success_at, changed),
    )


def _proven(failures: int, success: datetime | None, changed: datetime | None) -> bool:
    return failures == 0 and success is not None and (changed is None or success >= changed)


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
            .where(SENDING, OutboxMessage.lease_until > now)
        )
    )
