"""What an administrator may do to a message: send it again, or give it up. Audited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit.log import lock, record
from app.moments import alive, lies_ahead, sql_lies_ahead
from app.outbox.gate import is_paused
from app.outbox.kinds import EXPRESS
from app.outbox.models import KEPT, OutboxMessage
from app.outbox.retry import KEEP_FAILED
from app.outbox.states import Ended, State
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
    message.sealed_bytes = message.bytes_until = None
    _record(session, "outbox:cancelled", message, old, now, actor)
    return True


def retry_all_failed(session: Session, *, now: datetime, actor: Actor) -> int:
    """Queue every failed message that can still be sent, oldest first; how many those were."""
    lock(session)
    state = State.HELD if is_paused(session) else State.QUEUED
    retried = session.execute(
        update(OutboxMessage)
        .where(
            KEPT,
            OutboxMessage.state == State.FAILED,
            sql_lies_ahead(OutboxMessage.bytes_until, now, KEEP_FAILED),
        )
        .values(
            state=state,
            due_at=OutboxMessage.created_at,
            finished_at=None,
            bytes_until=None,
            ended_because=None,
        )
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).all()
    if retried:
        record(
            session,
            now=now,
            actor=actor,
            tag="outbox:retried-all",
            target="failed mail",
            changes={"messages": len(retried)},
        )
    return len(retried)


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
