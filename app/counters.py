"""Numbers that only grow, kept in the database: the same from every process, over every restart.

Each is a row that is raised in the transaction of what it counts, so it counts what was committed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, String, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.database import Base


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
    session.connection().execute(
        _RAISING[session.get_bind().dialect.name],
        {
            "name": name,
            "labels": json.dumps(dict(labels), sort_keys=True, separators=(",", ":")),
            "number": number,
            "milliseconds": milliseconds,
        },
    )


def _raising(insert: Any) -> Any:
    made = insert(Counter.__table__)
    return made.on_conflict_do_update(
        index_elements=["name", "labels"],
        set_={each: Counter.__table__.c[each] + made.excluded[each] for each in _SUMS},
    )


_SUMS = ("number", "milliseconds")
# Built once, since every batch of mail raises some.
_RAISING = {"postgresql": _raising(postgres_insert), "sqlite": _raising(sqlite_insert)}


def counted(session: Session, name: str) -> list[tuple[dict[str, str], int, float]]:
    """Every combination of labels with its number and its sum in seconds."""
    rows = session.scalars(select(Counter).where(Counter.name == name).order_by(Counter.labels))
    return [(json.loads(row.labels), row.number, row.milliseconds / 1000) for row in rows]
