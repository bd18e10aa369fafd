"""Numbers that only grow, kept in the database: the same from every process, over every restart.

Each is a row that is raised in the transaction of what it counts, so it counts what was committed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.database import Base
from app.flights import Ready, Values, together


class Counter(Base):
    """``labels`` is a JSON object with its keys in order. ``milliseconds`` is a sum, for what is
    timed as well."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    labels: Mapped[str] = mapped_column(String(300), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    milliseconds: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


def count(
    session: Session,
    name: str,
    labels: Mapping[str, str],
    *,
    number: int = 1,
    milliseconds: int = 0,
) -> None:
    """So many more; the caller commits. Raise counters last, and several in the order of their
    labels: their rows are shared with everybody."""
    together(session.connection(), raised(name, labels, number=number, milliseconds=milliseconds))


def raised(
    name: str, labels: Mapping[str, str], *, number: int = 1, milliseconds: int = 0
) -> tuple[Ready, Values]:
    """As :func:`count`, for a flight."""
    return _RAISE, {
        "of": name,
        "with_labels": _AS_JSON(dict(labels)),
        "more": number,
        "more_ms": milliseconds,
    }


_AS_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _raising(insert: Any) -> Any:
    made = insert(Counter.__table__).values(
        name=bindparam("of"),
        labels=bindparam("with_labels"),
        number=bindparam("more"),
        milliseconds=bindparam("more_ms"),
    )
    return made.on_conflict_do_update(
        index_elements=["name", "labels"],
        set_={each: Counter.__table__.c[each] + made.excluded[each] for each in _SUMS},
    )


_SUMS = ("number", "milliseconds")
_RAISE = Ready(postgresql=_raising(postgres_insert), sqlite=_raising(sqlite_insert))


def counted(session: Session, name: str) -> list[tuple[dict[str, str], int, float]]:
    """Every combination of labels with its number and its sum in seconds."""
    rows = session.scalars(select(Counter).where(Counter.name == name).order_by(Counter.labels))
    return [(json.loads(row.labels), row.number, row.milliseconds / 1000) for row in rows]
