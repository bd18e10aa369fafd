"""A large statement that is built and written out once, and run at many moments.

Building a statement of a dozen parts, and finding it in SQLAlchemy's cache again, takes longer than
the database takes to answer it. Here its text is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Result, Row, Select, bindparam, text
from sqlalchemy.dialects.postgresql import psycopg2
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.orm import Session

AnySelect = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]
"""Of whatever columns."""

_REFERENCE = datetime(2000, 1, 1, tzinfo=UTC)
# Only these two write parameters so that ``text`` finds them; the words are the same.
_WRITERS: dict[str, Any] = {
    "sqlite": pysqlite.dialect(paramstyle="named"),
    "postgresql": psycopg2.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
}


class WrittenOnce:
    """``build`` makes the statement for a present moment. Every moment in it must be that one or
    lie a fixed time away from it, as the rules of :mod:`app.moments` make them; all other values
    must always be the same."""

    def __init__(self, build: Callable[[datetime], AnySelect]) -> None:
        self._build = build
        self._written: dict[str, tuple[Any, dict[str, Any]]] = {}

    def one(self, session: Session, now: datetime, **others: object) -> AnyRow:
        """The only row of its answer, see :meth:`all`."""
        return self._run(session, now, others).one()

    def all(self, session: Session, now: datetime, **others: object) -> Sequence[AnyRow]:
        """Its answer at the present ``now``. ``others`` are values of its named parameters, instead
        of those it was built with."""
        return self._run(session, now, others).all()

    def _run(
        self, session: Session, now: datetime, others: dict[str, object]
    ) -> Result[*tuple[Any, ...]]:
        connection = session.connection()
        name = connection.dialect.name
        if name not in self._written:
            self._written[name] = _write(self._build(_REFERENCE), _WRITERS[name])
        (statement, values), later = self._written[name], now - _REFERENCE
        moved = {
            name: value + later if isinstance(value, datetime) else value
            for name, value in values.items()
        }
        return connection.execute(statement, moved | others)


def _write(statement: AnySelect, writer: Any) -> tuple[Any, dict[str, Any]]:
    """Its text with typed parameters and columns, and their values."""
    compiled = statement.compile(dialect=writer, compile_kwargs={"render_postcompile": True})
    values = dict(compiled.params)
    types = {name: bound.type for name, bound in compiled.binds.items()}
    bound = [bindparam(name, type_=types.get(name)) for name in values]
    columns = {column.name: column.type for column in statement.selected_columns}
    return text(str(compiled)).bindparams(*bound).columns(**columns), values
