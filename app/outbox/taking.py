"""Takes the oldest due messages: whoever takes a row holds its lease, and nobody else takes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, Update, bindparam, select, update
from sqlalchemy.orm import Session

from app.database import UtcDateTime
from app.flights import Ready
from app.outbox.aside import Trouble, alone
from app.outbox.kinds import EXPRESS, ORDINARY
from app.outbox.models import MESSAGES, QUEUED, State
from app.outbox.taken import set_aside

AnySelect = Select[*tuple[Any, ...]]
Taken = Any
"""A row with the columns that are read of a message, by name."""

_ROW = MESSAGES.c
_READ = tuple(
    _ROW[name]
    for name in (
        *("id", "public_id", "kind", "lane", "label", "mail_from", "rcpt_to", "message_id"),
        *("sealed_bytes", "created_at", "due_at", "expires_at", "fence", "attempts", "forgiven"),
        *("set_aside_because", "stands_on", "correlation_id"),
    )
)


def _oldest(lane: FromClause, *read: ColumnElement[Any]) -> AnySelect:
    """The oldest of one lane that are due."""
    return (
        select(*read)
        .where(
            QUEUED,
            lane.c.lane == bindparam("of_lane"),
            lane.c.due_at <= bindparam("now", type_=UtcDateTime),
        )
        .order_by(lane.c.due_at, lane.c.id)
        .limit(bindparam("room"))
    )


def _taking() -> Update:
    """Takes the oldest of one lane; in a query of its own, as PostgreSQL might otherwise look for
    them once for every row."""
    row = MESSAGES.alias()
    oldest = _oldest(row, row.c.id).with_for_update(skip_locked=True).cte("oldest")
    return _TAKEN.where(_ROW.id.in_(select(oldest.c.id)))


_TAKEN = update(MESSAGES).values(
    state=State.SENDING, fence=_ROW.fence + 1, lease_until=bindparam("until")
)
_AS_TAKEN = {"fence": (_ROW.fence + 1).label("fence")}
# SQLite has one writer, so it may read before it takes. To take and return in one statement takes
# it twice as long, with contents of several pages.
_TAKE = Ready(
    sqlite=_oldest(MESSAGES, *(_AS_TAKEN.get(column.name, column) for column in _READ)),
    postgresql=_taking().returning(*_READ),
)
_TAKE_EACH = Ready(_TAKEN.where(_ROW.id == bindparam("taken")))
_TAKE_ID = _taking().returning(_ROW.id)


def take(session: Session, now: datetime, held_for: timedelta, room: int) -> list[Taken]:
    connection, rows = session.connection(), list[Taken]()
    for lane in (EXPRESS, ORDINARY):
        which = {"of_lane": lane, "now": now, "room": room - len(rows)}
        if connection.dialect.name == "sqlite":
            found = _TAKE.run(connection, which).rows
            until = {"until": now + held_for}
            _TAKE_EACH.each(connection, until, [{"taken": row.id} for row in found])
            rows += found
        else:
            found = _TAKE.run(connection, which | {"until": now + held_for}).rows
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
