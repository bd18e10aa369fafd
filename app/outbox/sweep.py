"""What time alone does to messages: leases run out, links and codes expire, records grow old."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.counters import count
from app.in_steps import change_some, delete_some
from app.moments import SKEW, sql_not_after, sql_too_far
from app.outbox.breaker import LEASE_AT_MOST
from app.outbox.ended import counted_until
from app.outbox.kinds import EXPRESS, ORDINARY
from app.outbox.models import KEPT, QUEUED, SENDING, WAITING, Ended, OutboxMessage, State
from app.outbox.retry import KEEP_FAILED, LONGEST_PAUSE
from app.outbox.taken import UNREADABLE_FOR, set_aside

BATCH = 500
"""Old records deleted in one step; each may take dozens of attempts along."""

# SQLite keeps no statistics unless it is asked to, and would go by the state alone: through every
# mail that waits.
TURN, EXPIRY = "ix_outbox_messages_turn", "ix_outbox_messages_expiry"

log = logging.getLogger("novantra.outbox")


def sweep(session: Session, now: datetime, *, keep_days: int) -> bool:
    """One step of the first thing that is due; whether anything was. Meant to be repeated."""
    return any(part(session, now, keep_days) for part in PARTS)


def next_moment(session: Session, now: datetime) -> datetime | None:
    """When something falls due by itself: an attempt, a lease's end, an expiry.

    Never further ahead than a moment of its kind can be.
    """
    row = OutboxMessage
    moments = (
        (select(func.min(row.due_at)).where(QUEUED, row.lane == EXPRESS), LONGEST_PAUSE),
        (select(func.min(row.due_at)).where(QUEUED, row.lane == ORDINARY), LONGEST_PAUSE),
        (select(func.min(row.lease_until)).where(SENDING), LEASE_AT_MOST),
        (
            select(row.expires_at)
            .where(WAITING, row.expires_at.is_not(None))
            .order_by(row.expires_at)
            .limit(1)
            .with_hint(row, f"INDEXED BY {EXPIRY}", "sqlite"),
            timedelta.max,
        ),
    )
    found = [_meant(session.scalar(query), now, at_most) for query, at_most in moments]
    return min((moment for moment in found if moment is not None), default=None)


def _meant(moment: datetime | None, now: datetime, at_most: timedelta) -> datetime | None:
    if moment is None or at_most == timedelta.max:
        return moment
    return now if moment > now + at_most + SKEW else moment


def _lost_leases(session: Session, now: datetime, _keep_days: int) -> int:
    """The same bytes go out again under the same Message-ID."""
    reclaimed = change_some(
        session,
        OutboxMessage,
        SENDING,
        sql_not_after(OutboxMessage.lease_until, now, LEASE_AT_MOST),
        values={"state": State.QUEUED, "lease_until": None},
    )
    if reclaimed:
        log.warning("took over from a worker that never came back", extra={"mails": reclaimed})
    return reclaimed


def _due_too_far_ahead(session: Session, now: datetime, _keep_days: int) -> int:
    """Stored while the clock was wrong. The queue itself asks for what is due and nothing else,
    because it is asked before every message: so what counts as past is made past here."""
    row = OutboxMessage
    for attempted, at_most in ((row.attempts == 0, UNREADABLE_FOR), (None, LONGEST_PAUSE)):
        moved = change_some(
            session,
            row,
            QUEUED,
            row.lane.in_((EXPRESS, ORDINARY)),  # so that the queue's index serves
            sql_too_far(row.due_at, now, at_most),
            *([] if attempted is None else [attempted]),
            values={"due_at": now},
        )
        if moved:
            log.warning("due too far ahead, sent now", extra={"mails": moved})
            return moved
    return 0


def _run_out(session: Session, now: datetime, _keep_days: int) -> int:
    row = OutboxMessage
    ended: dict[str, Any] = {
        "state": State.CANCELLED,
        "ended_because": Ended.EXPIRED,
        "finished_at": now,
        "sealed_bytes": None,
    }
    expired = change_some(session, row, WAITING, row.expires_at <= now, values=ended, index=EXPIRY)
    if expired:
        count(session, "expired", {}, number=expired)
    return expired


def _bytes_kept_enough(session: Session, now: datetime, _keep_days: int) -> int:
    return change_some(
        session,
        OutboxMessage,
        KEPT,
        sql_not_after(OutboxMessage.bytes_until, now, KEEP_FAILED),
        values={"sealed_bytes": None, "bytes_until": None},
    )


def _forget(session: Session, now: datetime, keep_days: int) -> int:
    ended = OutboxMessage.finished_at
    # Nothing goes before it is counted: its days are told for longer than it may be kept.
    old = ended < min(now - timedelta(days=keep_days), counted_until(session, now))
    return delete_some(session, OutboxMessage, old, rows=BATCH) or change_some(
        # It ended under a wrong clock: what it is kept for counts from now.
        session,
        OutboxMessage,
        sql_too_far(ended, now, timedelta(0)),
        values={"finished_at": now},
    )


def _unknown(session: Session, now: datetime, _keep_days: int) -> int:
    """A state that this version does not know, or a lane: nobody would ever look at it again."""
    changed = 0
    for state in _states(session) - set(State):
        for message_id in session.scalars(
            select(OutboxMessage.id).where(OutboxMessage.state == state).limit(BATCH)
        ).all():
            set_aside(session, message_id, f"unknown state: {state[:40]!r}", now)
            changed += 1
    for odd in (OutboxMessage.lane < EXPRESS, OutboxMessage.lane > ORDINARY):
        values = {"lane": ORDINARY}
        changed += change_some(session, OutboxMessage, QUEUED, odd, values=values, index=TURN)
    return changed


def _states(session: Session) -> set[str]:
    """The states that occur, by a few looks into their index, however many rows there are."""
    found: set[str] = set()
    row, last = OutboxMessage, ""
    while True:
        after = select(row.state).where(row.state > last).order_by(row.state).limit(1)
        state = session.scalar(after)
        if state is None:
            return found
        found.add(state)
        last = state


PARTS: tuple[Callable[[Session, datetime, int], int], ...] = (
    _lost_leases,
    _due_too_far_ahead,
    _run_out,
    _bytes_kept_enough,
    _forget,
    _unknown,
)
"""Each does one step of a kind and says how many messages it changed."""
