"""Keeps the queue's states in step with the pause, some rows at a time."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from app.in_steps import ROWS, change_some
from app.outbox.kinds import EXPRESS
from app.outbox.models import QUEUED, OutboxMessage
from app.outbox.states import State

log = logging.getLogger("novantra.outbox")


def hold(session: Session) -> bool:
    """Hold some of what is queued, since mail is paused; whether there may be more.

    Workers do this and :func:`release` by what they find and not by what changed, so it does
    not matter who began or ended the pause, in which process, or what was enqueued at that
    very moment. Nothing is sent meanwhile: the pause itself closes the queue.
    """
    return change_some(session, OutboxMessage, QUEUED, values={"state": State.HELD}) == ROWS


def release(session: Session) -> None:
    """Some of what is held goes out, oldest first, whichever lane it came from.

    Called before every claim while something is held, so the rest follows while mail goes out.
    """
    released = change_some(
        session,
        OutboxMessage,
        OutboxMessage.state == State.HELD,
        values={"state": State.QUEUED, "lane": EXPRESS, "due_at": OutboxMessage.created_at},
        oldest_first=OutboxMessage.id,
    )
    log.info("the pause is over", extra={"released": released})
