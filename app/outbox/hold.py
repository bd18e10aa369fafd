"""Keeps the queue's states in step with the pause."""

from __future__ import annotations

import logging

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.outbox.kinds import EXPRESS
from app.outbox.models import OutboxMessage
from app.outbox.states import State

log = logging.getLogger("novantra.outbox")


def follow_pause(session: Session, *, paused: bool) -> None:
    """Hold what is queued while mail is paused; queue what is held when the pause is over.

    It looks at what is there and not at what changed, so it does not matter who began or
    ended the pause, in which process, or what was enqueued at that very moment.
    """
    if paused:
        _hold(session)
    else:
        _release(session)


def _any(session: Session, state: State) -> bool:
    return (
        session.scalar(select(OutboxMessage.id).where(OutboxMessage.state == state).limit(1))
        is not None
    )


def _hold(session: Session) -> None:
    if not _any(session, State.QUEUED):
        return
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.state == State.QUEUED)
        .values(state=State.HELD)
        .execution_options(synchronize_session=False)
    )


def _release(session: Session) -> None:
    """Everything held goes out at once, oldest first, whichever lane it came from."""
    if not _any(session, State.HELD):
        return
    released = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.state == State.HELD)
        .values(state=State.QUEUED, lane=EXPRESS, due_at=OutboxMessage.created_at)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).all()
    log.info("the pause is over", extra={"released": len(released)})
