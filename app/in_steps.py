"""Changes to many rows, some at a time.

One statement over a hundred thousand rows keeps every other writer waiting for seconds: SQLite has
one writer, and PostgreSQL holds what it touched until the commit. So such a change is made of
steps, each in a transaction of its own and small enough that nobody notices.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session

from app.database import Database

ROWS = 1_000
"""Rows of one step: some tens of milliseconds, with every index of the widest table."""


def change_some(
    session: Session,
    model: type[DeclarativeBase],
    *where: Any,
    values: dict[Any, Any],
    oldest_first: InstrumentedAttribute[Any] | None = None,
    rows: int = ROWS,
    index: str | None = None,
) -> int:
    """Change up to ``rows`` rows that fit; how many those were. Fewer than ``rows``: none is left.

    :param where: must no longer hold for a row that was changed, or steps would never end
    :param oldest_first: the column that decides who comes first, where that matters
    :param index: the one that serves, where SQLite would choose one that makes it read every row
    """
    key, found = _some(session, model, where, oldest_first, rows, index)
    if found:
        session.execute(
            update(model)
            .where(key.in_(found))
            .values(values)
            .execution_options(synchronize_session=False)
        )
    return len(found)


def delete_some(
    session: Session, model: type[DeclarativeBase], *where: Any, rows: int = ROWS
) -> int:
    """Delete up to ``rows`` rows that fit; how many those were."""
    key, found = _some(session, model, where, None, rows)
    if found:
        session.execute(
            delete(model).where(key.in_(found)).execution_options(synchronize_session=False)
        )
    return len(found)


def in_steps(database: Database, step: Callable[[Session], int], *, seconds: float) -> bool:
    """Repeat ``step`` until it finds nothing; ``True`` when the time was over before."""
    end = time.monotonic() + seconds
    while True:
        with database.transaction() as session:
            if not step(session):
                return False
        if time.monotonic() >= end:
            return True


def _some(
    session: Session,
    model: type[DeclarativeBase],
    where: tuple[Any, ...],
    oldest_first: InstrumentedAttribute[Any] | None,
    rows: int,
    index: str | None = None,
) -> tuple[Any, list[Any]]:
    """The key column and the keys of the rows of a step. Rows in other hands are left for later."""
    (key,) = model.__table__.primary_key.columns  # type: ignore[attr-defined]
    query = select(key).where(*where).limit(rows).with_for_update(skip_locked=True)
    if index is not None:
        query = query.with_hint(model, f"INDEXED BY {index}", "sqlite")
    if oldest_first is not None:
        query = query.order_by(oldest_first)
    return key, list(session.scalars(query))
