"""What became of one mail, as people who wait for it are told: the same words on every page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mail.addresses import Address
from app.mailer.summary import Prospect
from app.moments import alive
from app.outbox.models import Ended, OutboxMessage, State


class Fate(StrEnum):
    """Each is another sentence wherever a mail's fate is told."""

    UNDER_WAY = "under-way"
    """Queued or being sent, and nothing keeps it."""
    TRIED_AGAIN = "tried-again"
    """An attempt failed and another one follows by itself."""
    WAITS = "waits"
    """Mail is not going out at the moment."""
    SENT = "sent"
    FAILED = "failed"
    """Given up, or refused for good."""
    EXPIRED = "expired"
    """Its link or code ran out, before it could be sent or after."""
    CANCELLED = "cancelled"


def fate_of(message: OutboxMessage, expected: Prospect, now: datetime) -> Fate:
    """What became of it. ``expected`` is how mail fares now: what is queued waits with it."""
    ran_out = message.expires_at is not None and not alive(
        message.created_at, message.expires_at, now
    )
    match message.state:
        case State.SENT:
            return Fate.EXPIRED if ran_out else Fate.SENT
        case State.FAILED:
            return Fate.FAILED
        case State.CANCELLED:
            return Fate.EXPIRED if message.ended_because == Ended.EXPIRED else Fate.CANCELLED
    if ran_out:
        return Fate.EXPIRED
    if message.state == State.HELD:
        return Fate.WAITS
    if message.state == State.QUEUED and message.last_code is not None:
        return Fate.TRIED_AGAIN
    return Fate.UNDER_WAY if expected is Prospect.GOES else Fate.WAITS


def newest(session: Session, to: Address, *, kinds: Collection[str]) -> OutboxMessage | None:
    """The newest mail of some kinds to an address, whatever became of it."""
    return session.scalar(
        select(OutboxMessage)
        .where(OutboxMessage.rcpt_key == to.key, OutboxMessage.kind.in_(kinds))
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    )
