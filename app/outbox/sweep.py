"""What time alone does to messages: leases run out, links and codes expire, records grow old."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Update, delete, func, select, update
from sqlalchemy.orm import Session

from app.outbox.kinds import EXPRESS, ORDINARY
from app.outbox.models import KEPT, QUEUED, SENDING, WAITING, OutboxMessage
from app.outbox.states import Ended, State

BATCH = 500
"""Old records deleted in one transaction, so that nobody waits long for the database."""

log = logging.getLogger("novantra.outbox")


def sweep(session: Session, now: datetime, *, keep_days: int) -> bool:
    """Do everything that is due; whether anything was. Small enough to be repeated."""
    reclaimed = _count(session, _lost_leases(now))
    if reclaimed:
        log.warning("took over from a worker that never came back", extra={"mails": reclaimed})
    changed = reclaimed, _count(session, _run_out(now)), _count(session, _bytes_kept_enough(now))
    return any(changed) or _forget(session, now - timedelta(days=keep_days))


def next_moment(session: Session) -> datetime | None:
    """When something falls due by itself: an attempt, a lease's end, an expiry."""
    row = OutboxMessage
    moments = (
        select(func.min(row.due_at)).where(QUEUED, row.lane == EXPRESS),
        select(func.min(row.due_at)).where(QUEUED, row.lane == ORDINARY),
        select(func.min(row.lease_until)).where(SENDING),
        select(func.min(row.expires_at)).where(WAITING),
    )
    found = [moment for query in moments if (moment := session.scalar(query)) is not None]
    return min(found, default=None)


def _count(session: Session, change: Update) -> int:
    changed = change.returning(OutboxMessage.id).execution_options(synchronize_session=False)
    return len(session.execute(changed).all())


def _lost_leases(now: datetime) -> Update:
    """The same bytes go out again under the same Message-ID."""
    return (
        update(OutboxMessage)
        .where(SENDING, OutboxMessage.lease_until <= now)
        .values(state=State.QUEUED, lease_until=None)
    )


def _run_out(now: datetime) -> Update:
    return (
        update(OutboxMessage)
        .where(WAITING, OutboxMessage.expires_at <= now)
        .values(
            state=State.CANCELLED,
            ended_because=Ended.EXPIRED,
            finished_at=now,
            sealed_bytes=None,
        )
    )


def _bytes_kept_enough(now: datetime) -> Update:
    return (
        update(OutboxMessage)
        .where(KEPT, OutboxMessage.bytes_until <= now)
        .values(sealed_bytes=None, bytes_until=None)
    )


def _forget(session: Session, ended_before: datetime) -> bool:
    old = session.scalars(
        select(OutboxMessage.id)
        .where(OutboxMessage.finished_at < ended_before)
        .order_by(OutboxMessage.finished_at)
        .limit(BATCH)
    ).all()
    if old:
        session.execute(
            delete(OutboxMessage)
            .where(OutboxMessage.id.in_(old))
            .execution_options(synchronize_session=False)
        )
    return bool(old)
