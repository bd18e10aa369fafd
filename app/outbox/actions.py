"""What an administrator may do to a message: send it again, or give it up. Audited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, TextClause, select
from sqlalchemy.orm import Session

from app.audit.log import lock, record
from app.in_steps import change_some
from app.moments import alive, lies_ahead, sql_alive, sql_lies_ahead
from app.outbox.breaker import is_paused
from app.outbox.kinds import EXPRESS
from app.outbox.models import KEPT, Ended, OutboxMessage, State
from app.outbox.retry import KEEP_FAILED
from app.web.context import Actor


def can_retry(message: OutboxMessage, now: datetime) -> bool:
    """A failed message whose bytes are still there, or one that waits for its next attempt."""
    if message.expires_at is not None and not alive(message.created_at, message.expires_at, now):
        return False
    if message.state == State.FAILED:
        return lies_ahead(message.bytes_until, now, KEEP_FAILED)
    return message.state == State.QUEUED and message.due_at > now


def can_cancel(message: OutboxMessage) -> bool:
    """What waits, or failed and could still be sent. What is being sent cannot be called back."""
    return message.state in {State.QUEUED, State.HELD} or (
        message.state == State.FAILED and message.bytes_until is not None
    )


def retry(session: Session, message: OutboxMessage, *, now: datetime, actor: Actor) -> bool:
    """Queue it as the next to go; whether that was still possible. The caller commits."""
    lock(session)
    session.refresh(message, with_for_update=True)
    if not can_retry(message, now):
        return False
    old = message.state
    message.state = State.HELD if is_paused(session) else State.QUEUED
    message.lane, message.due_at = EXPRESS, now
    message.finished_at = message.bytes_until = message.ended_because = None
    # It begins anew: what went wrong before does not count against it.
    message.set_aside_because, message.forgiven = None, message.fence - message.attempts
    _record(session, "outbox:retried", message, old, now, actor)
    return True


def cancel(session: Session, message: OutboxMessage, *, now: datetime, actor: Actor) -> bool:
    """Give it up and purge its bytes; whether that was still possible. The caller commits."""
    lock(session)
    session.refresh(message, with_for_update=True)
    if not can_cancel(message):
        return False
    old = message.state
    message.state, message.ended_because = State.CANCELLED, Ended.BY_HAND
    message.finished_at = now
    message.sealed_bytes = message.bytes_until = message.set_aside_because = None
    _record(session, "outbox:cancelled", message, old, now, actor)
    return True


def retry_some_failed(session: Session, *, now: datetime, actor: Actor) -> int:
    """Queue the oldest of the failed messages that can still be sent; how many. Each step is
    audited for itself: the caller commits, and repeats until there was none."""
    lock(session)
    number = change_some(
        session,
        OutboxMessage,
        *_can_be_sent_again(now),
        values={
            "state": State.HELD if is_paused(session) else State.QUEUED,
            "due_at": OutboxMessage.created_at,
            "forgiven": OutboxMessage.fence - OutboxMessage.attempts,
            **dict.fromkeys(("finished_at", "bytes_until", "ended_because", "set_aside_because")),
        },
        oldest_first=OutboxMessage.bytes_until,
    )
    if number:
        record(
            session,
            now=now,
            actor=actor,
            tag="outbox:retried-all",
            target="failed mail",
            changes={"messages": number},
        )
    return number


def _can_be_sent_again(now: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    row = OutboxMessage
    return (
        KEPT,
        row.state == State.FAILED,
        sql_lies_ahead(row.bytes_until, now, KEEP_FAILED),
        row.expires_at.is_(None) | sql_alive(row.created_at, row.expires_at, now),
    )


def find(session: Session, public_id: str) -> OutboxMessage | None:
    """The message of that name."""
    return session.scalar(select(OutboxMessage).where(OutboxMessage.public_id == public_id[:32]))


def _record(
    session: Session, tag: str, message: OutboxMessage, old: str, now: datetime, actor: Actor
) -> None:
    record(
        session,
        now=now,
        actor=actor,
        tag=tag,
        target=f"{message.label} to {message.rcpt_to}",
        changes={"state": {"old": old, "new": str(message.state)}},
    )
