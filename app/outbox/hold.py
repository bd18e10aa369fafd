"""Keeps the queue's states in step with the pause."""

from __future__ import annotations

import logging

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.outbox.kinds import EXPRESS
from app.outbox.models import QUEUED, OutboxMessage
from app.outbox.states import State

log = logging.getLogger("novantra.outbox")


def hold(session: Session) -> None:
    """Hold what is queued: mail is paused.

    Workers do this and :func:`release` by what they find and not by what changed, so it does
    not matter who began or ended the pause, in which process, or what was enqueued at that
    very moment.
    """
    if session.scalar(select(OutboxMessage.id).where(QUEUED).limit(1)) is None:
        return
    session.execute(
        update(OutboxMessage)
        .where(QUEUED)
        .values(state=State.HELD)
        .execution_options(synchronize_session=False)
    )


def release(session: Session) -> None:
    """Everything held goes out at once, oldest first, whichever lane it came from."""
    released = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.state == State.HELD)
        .values(state=State.QUEUED, lane=EXPRESS, due_at=OutboxMessage.created_at)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).all()
    log.info("the pause is over", extra={"released": len(released)})
