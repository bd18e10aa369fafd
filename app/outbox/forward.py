"""Brings mail forward that rests between two attempts, when there is a new reason to hope.

A person who corrects the mailer expects what waits to go out then, and not when a pause chosen
under the old configuration is over. The same holds when a relay that was away is back.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.mail.phases import Phase
from app.mailer.models import MailerConfiguration
from app.outbox.gate import Gate
from app.outbox.models import QUEUED, OutboxAttempt, OutboxMessage

# The relay said nothing at all: it was away. One that answers may want us to slow down.
NO_ANSWER = OutboxMessage.last_reply_code.is_(None) & OutboxMessage.last_phase.in_(
    (Phase.DNS, Phase.CONNECT, Phase.TLS, Phase.GREETING)
)

log = logging.getLogger("novantra.outbox")


class Forwarder:
    """What one process has noticed so far. Asked before every claim, so it mostly compares."""

    def __init__(self) -> None:
        self._changed: datetime | None = None
        self._failing = False

    def look(self, session: Session, gate: Gate, now: datetime) -> None:
        """Acts on a changed configuration and on the end of failures.

        By what is found and not by what happened, so it does not matter which process saved or
        sent: only messages are moved that were not tried since the change.
        """
        if gate.changed is not None and gate.changed != self._changed:
            _bring_forward(session, now, ~_tried_since(gate.changed))
        elif self._failing and not gate.failing:
            _bring_forward(session, now, NO_ANSWER)
        self._changed, self._failing = gate.changed, gate.failing


def is_superseded(session: Session, version: int) -> bool:
    """Whether another configuration was saved since ``version``."""
    current = session.scalar(select(MailerConfiguration.version))
    return current is not None and current != version


def _tried_since(moment: datetime) -> ColumnElement[bool]:
    return (
        select(OutboxAttempt.id)
        .where(OutboxAttempt.message_id == OutboxMessage.id, OutboxAttempt.at >= moment)
        .exists()
    )


def _bring_forward(session: Session, now: datetime, which: ColumnElement[bool]) -> None:
    moved = session.execute(
        update(OutboxMessage)
        .where(QUEUED, OutboxMessage.attempts > 0, OutboxMessage.due_at > now, which)
        .values(due_at=OutboxMessage.created_at)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).all()
    if moved:
        log.info("tried again at once", extra={"messages": len(moved)})
