"""Many rows of one table in one statement of the driver's own, and conditions about many values.

SQLAlchemy prepares every value of every row by itself, and PostgreSQL is asked once for each row.
Where a hundred rows are written in one go that takes longer than all that is said in them. Here a
column is prepared at a time, what is the same in all rows but once, and PostgreSQL is given each
column as one array. Names, types and defaults are those of the model's table, so that nothing about
a table is said twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    String,
    Table,
    TableValuedAlias,
    bindparam,
    column,
    select,
)
from sqlalchemy import func as sql
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.types import TypeEngine

from app.flights import Ready, Statement

Prepare = Callable[[Any], Any]


class ManyRows:
    """Writes rows of ``table``."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._written: dict[tuple[object, ...], _Insert] = {}

    def insert(
        self, connection: Connection, columns: Mapping[str, Sequence[object]], **same: object
    ) -> None:
        """A row for each place in ``columns``, which are equally long; nothing if they are empty.

        ``same`` is what all rows have in common. A column that is named in neither gets the default
        of its model.

        :raises ValueError: the columns are not equally long
        """
        number = len(next(iter(columns.values())))
        if any(len(values) != number for values in columns.values()):
            raise ValueError("columns of different lengths")
        if number == 0:
            return
        same = _defaults(self._table, {*columns, *same}) | same
        key = (connection.dialect.name, *columns, None, *same)
        if key not in self._written:
            write = _insert_on_postgresql if key[0] == "postgresql" else _insert_on_sqlite
            self._written[key] = write(self._table, connection.dialect, list(columns), list(same))
        self._written[key].run(connection, columns, same, number)


@dataclass(frozen=True)
class _Insert:
    """``prepare`` has what makes of a value what the driver takes, for columns that need it."""

    statement: str
    prepare: Mapping[str, Prepare]
    whole: bool

    def run(
        self,
        connection: Connection,
        columns: Mapping[str, Sequence[object]],
        same: Mapping[str, object],
        number: int,
    ) -> None:
        given = {name: self._prepared(name, values) for name, values in columns.items()}
        common = {name: self._prepared(name, [value])[0] for name, value in same.items()}
        if self.whole:
            connection.exec_driver_sql(self.statement, given | common)
            return
        rows = zip(*given.values(), *(repeat(v, number) for v in common.values()), strict=True)
        connection.exec_driver_sql(self.statement, list(rows))

    def _prepared(self, name: str, values: Sequence[object]) -> Sequence[Any]:
        """One value that stands in many rows is prepared once."""
        prepare = self.prepare.get(name)
        if prepare is None:
            return values
        done: dict[int, Any] = {}
        return [
            done[id(v)] if id(v) in done else done.setdefault(id(v), prepare(v)) for v in values
        ]


def _defaults(table: Table, named: set[str]) -> dict[str, object]:
    found = {c.name: c.default for c in table.columns if c.name not in named}
    return {name: d.arg for name, d in found.items() if isinstance(d, ScalarElementColumnDefault)}


def _preparing(table: Table, dialect: Dialect, names: Sequence[str]) -> dict[str, Prepare]:
    found = {name: _prepare(table.c[name], dialect) for name in names}
    return {name: prepare for name, prepare in found.items() if prepare is not None}


def _prepare(column: Column[Any], dialect: Dialect) -> Prepare | None:
    if isinstance(column.type, JSON):
        return json.dumps  # as text, which either database reads
    made: Prepare | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return made


def _insert_on_sqlite(
    table: Table, dialect: Dialect, columns: list[str], same: list[str]
) -> _Insert:
    names = columns + same
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - names of columns
    return _Insert(statement, _preparing(table, dialect, names), whole=False)


def _insert_on_postgresql(
    table: Table, dialect: Dialect, columns: list[str], same: list[str]
) -> _Insert:
    """Arrays go as they are in memory (``%b``): writing a text that has 9,000 signs into a list of
    texts takes longer than inserting it."""
    given = {name: _without_length(table.c[name], dialect) for name in columns + same}
    through = {name: "TEXT" if kind == "JSONB" else kind for name, kind in given.items()}
    arrays = ", ".join(f"%({name})b::{through[name]}[]" for name in columns)
    values = [f"given.{name}::{given[name]}" for name in columns]
    values += [f"%({name})s::{given[name]}" for name in same]
    statement = (
        f"INSERT INTO {table.name} ({', '.join(given)}) SELECT {', '.join(values)}"  # noqa: S608 - names of columns
        f" FROM unnest({arrays}) AS given ({', '.join(columns)})"
    )
    return _Insert(statement, _preparing(table, dialect, list(given)), whole=True)


def _without_length(column: Column[Any], dialect: Dialect) -> str:
    """A cast to a type with a length cuts what is longer; without, the column itself refuses it."""
    kind: str = column.type.dialect_impl(dialect).compile(dialect)
    return "VARCHAR" if isinstance(column.type, String) and column.type.length else kind


def given(session: Session, kind: TypeEngine[Any], values: Sequence[object]) -> TableValuedAlias:
    """A table of these, with the one column ``value``, as one value of the statement: its text is
    the same for any number of them, and neither SQLAlchemy, the driver nor PostgreSQL reads it
    anew."""
    database = session.get_bind().dialect.name
    return _table_of(kind, database, lambda whole: bindparam(None, list(values), whole))


def among(
    session: Session, which: InstrumentedAttribute[Any], values: Sequence[object]
) -> ColumnElement[bool]:
    """Whether a column has one of these values; see :func:`given`."""
    return which.in_(select(given(session, which.type, values).c.value))


def ready_for(
    kind: TypeEngine[Any], name: str, build: Callable[[TableValuedAlias], Statement]
) -> Ready:
    """A statement about a table as :func:`given` makes it; it takes the list as ``name``."""

    def on(database: str) -> Statement:
        return build(_table_of(kind, database, lambda whole: bindparam(name, type_=whole)))

    return Ready(sqlite=on("sqlite"), postgresql=on("postgresql"))


def _table_of(
    kind: TypeEngine[Any], database: str, bound: Callable[[TypeEngine[Any]], BindParameter[Any]]
) -> TableValuedAlias:
    if isinstance(kind, String):
        kind = String()  # a cast to one with a length would cut what is longer
    value = column("value", kind)
    if database == "postgresql":
        return sql.unnest(bound(ARRAY(kind))).table_valued(value).render_derived("given")
    return sql.json_each(bound(JSON())).table_valued(value, name="given")
