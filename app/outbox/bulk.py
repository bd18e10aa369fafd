"""What may be done to many messages at once. What an administrator does to those they chose is one
event of the audit log, which counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from app.audit.log import Happened, lock, record, record_all
from app.moments import sql_alive, sql_lies_ahead
from app.outbox.breaker import is_paused
from app.outbox.models import Ended, OutboxMessage, State
from app.outbox.retry import KEEP_FAILED
from app.web.context import Actor

Row = OutboxMessage


def can_be_sent_now(now: datetime) -> ColumnElement[bool]:
    """As :func:`app.outbox.actions.can_retry`, asked of the database."""
    failed = and_(Row.state == State.FAILED, sql_lies_ahead(Row.bytes_until, now, KEEP_FAILED))
    waits = and_(Row.state == State.QUEUED, Row.due_at > now)
    stands = or_(Row.expires_at.is_(None), sql_alive(Row.created_at, Row.expires_at, now))
    return and_(stands, or_(failed, waits))


def can_be_cancelled() -> ColumnElement[bool]:
    """As :func:`app.outbox.actions.can_cancel`, asked of the database."""
    kept = and_(Row.state == State.FAILED, Row.bytes_until.is_not(None))
    return or_(Row.state.in_((State.QUEUED, State.HELD)), kept)


def count(session: Session, ids: Sequence[int], possible: ColumnElement[bool]) -> int:
    """Of how many of these it is possible now."""
    found = select(func.count()).select_from(Row).where(Row.id.in_(ids), possible)
    return session.scalar(found) or 0


def retry(session: Session, ids: Sequence[int], *, now: datetime, actor: Actor) -> int:
    """Queue those that can be sent; how many. They keep their lane, so that a thousand of them
    do not delay a reset. The caller commits."""
    values = {
        "state": State.HELD if is_paused(session) else State.QUEUED,
        "due_at": case((Row.state == State.FAILED, Row.created_at), else_=now),
        "forgiven": Row.fence - Row.attempts,
        **dict.fromkeys(("finished_at", "bytes_until", "ended_because", "set_aside_because")),
    }
    return _change(session, ids, can_be_sent_now(now), values, "outbox:retried-several", now, actor)


def cancel(session: Session, ids: Sequence[int], *, now: datetime, actor: Actor) -> int:
    """Give up those that still can be, and purge their bytes; how many. The caller commits."""
    return _change(
        session, ids, can_be_cancelled(), _cancelled(now), "outbox:cancelled-several", now, actor
    )


def cancel_each(
    session: Session, public_ids: Sequence[str], *, now: datetime, actor: Actor
) -> None:
    """Give up those that still can be, because what they say no longer holds, as
    :func:`app.outbox.actions.cancel` does with one: each is told for itself. The caller commits."""
    if not public_ids:
        return
    lock(session)
    found = session.execute(
        select(Row.id, Row.label, Row.rcpt_to, Row.state)
        .where(Row.public_id.in_(public_ids), can_be_cancelled())
        .order_by(Row.id)
        .with_for_update()
    ).all()
    session.execute(
        update(Row)
        .where(Row.id.in_([row.id for row in found]))
        .values(_cancelled(now))
        .execution_options(synchronize_session=False)
    )
    told = [
        Happened(
            "outbox:cancelled",
            f"{row.label} to {row.rcpt_to}",
            {"state": {"old": row.state, "new": str(State.CANCELLED)}},
        )
        for row in found
    ]
    record_all(session, now=now, actor=actor, events=told)


def _cancelled(now: datetime) -> dict[str, Any]:
    return {
        "state": State.CANCELLED,
        "ended_because": Ended.BY_HAND,
        "finished_at": now,
        **dict.fromkeys(("sealed_bytes", "bytes_until", "set_aside_because")),
    }


def _change(
    session: Session,
    ids: Sequence[int],
    possible: ColumnElement[bool],
    values: dict[str, Any],
    tag: str,
    now: datetime,
    actor: Actor,
) -> int:
    lock(session)
    changed = session.execute(
        update(Row)
        .where(Row.id.in_(ids), possible)
        .values(values)
        .returning(Row.id)
        .execution_options(synchronize_session=False)
    ).all()
    if changed:
        done = {"messages": len(changed)}
        record(session, now=now, actor=actor, tag=tag, target="selected mail", changes=done)
    return len(changed)
