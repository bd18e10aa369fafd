"""Takes the oldest due messages: whoever takes a row holds its lease, and nobody else takes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Update, bindparam, select, update
from sqlalchemy.orm import Session

from app.database import UtcDateTime
from app.outbox.aside import Trouble, alone
from app.outbox.kinds import EXPRESS, ORDINARY
from app.outbox.models import MESSAGES, QUEUED, State
from app.outbox.taken import set_aside

_ROW = MESSAGES.c
_READ = tuple(
    _ROW[name]
    for name in (
        *("id", "public_id", "kind", "lane", "label", "mail_from", "rcpt_to", "message_id"),
        *("sealed_bytes", "created_at", "due_at", "expires_at", "fence", "attempts", "forgiven"),
        *("set_aside_because", "stands_on", "correlation_id"),
    )
)


def _taking() -> Update:
    """Takes the oldest of one lane; in a query of its own, as PostgreSQL might otherwise look for
    them once for every row."""
    row = MESSAGES.alias()
    oldest = (
        select(row.c.id)
        .where(
            QUEUED,
            row.c.lane == bindparam("of_lane"),
            row.c.due_at <= bindparam("now", type_=UtcDateTime),
        )
        .order_by(row.c.due_at, row.c.id)
        .limit(bindparam("room"))
        .with_for_update(skip_locked=True)
        .cte("oldest")
    )
    return (
        update(MESSAGES)
        .where(_ROW.id.in_(select(oldest.c.id)))
        .values(state=State.SENDING, fence=_ROW.fence + 1, lease_until=bindparam("until"))
    )


# Built once: putting a statement together takes longer than SQLite needs to run it.
_TAKE, _TAKE_ID = _taking().returning(*_READ), _taking().returning(_ROW.id)


def take(session: Session, now: datetime, held_for: timedelta, room: int) -> list[Row[Any]]:
    rows: list[Row[Any]] = []
    for lane in (EXPRESS, ORDINARY):
        which = {"of_lane": lane, "now": now, "until": now + held_for, "room": room - len(rows)}
        found = session.connection().execute(_TAKE, which).all()
        rows += sorted(found, key=lambda row: (row.due_at, row.id))
        if len(rows) >= room:
            break
    return rows


def take_carefully(
    session: Session, now: datetime, held_for: timedelta
) -> Row[Any] | Trouble | None:
    """As :func:`take`, when what the row holds may be such that it cannot even be read."""
    for lane in (EXPRESS, ORDINARY):
        which = {"of_lane": lane, "now": now, "until": now + held_for, "room": 1}
        taken = session.connection().execute(_TAKE_ID, which).scalar()
        if taken is not None:
            break
    else:
        return None
    row = alone(lambda: session.execute(select(*_READ).where(_ROW.id == taken)).one())
    if isinstance(row, Trouble):
        # Its moments may be what cannot be read, and then no page could show it either.
        readable: dict[str, Any] = {
            "created_at": now,
            "due_at": now,
            "expires_at": None,
            "attempts": 0,
        }
        set_aside(session, taken, row.reason, now, **readable)
    return row
