"""Statements that run for every group of mails: written out once, handed to the driver as they are,
and sent together.

SQLAlchemy takes several times as long to run a small statement, and to make of its answer what the
types of its columns say, as SQLite takes to carry it out. Here the text that it writes for a
statement is kept, with what its types do, and the driver is given both. It stays a statement of
tables and columns, so it follows them. On PostgreSQL those of a flight share one round trip.

They belong to the transaction of a session's connection, whoever listens to the engine hears them,
and what goes wrong is raised as SQLAlchemy raises it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.types import TypeEngine

from app.database import UtcDateTime

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
Values = Mapping[str, object]
_Process = Callable[[Any], Any]


class Answer(NamedTuple):
    """``rows`` have the names of what the statement selects or returns; ``changed`` is how many it
    changed."""

    rows: Sequence[Any]
    changed: int


_NO_ROWS: tuple[Any, ...] = ()


class Ready:
    """A statement for every database, or one for each: ``Ready(sqlite=…, postgresql=…)``.

    A list of values (``IN``) cannot be one of its values: its length is part of the text.
    """

    def __init__(self, statement: Statement | None = None, **by_database: Statement) -> None:
        self._statement = statement
        self._by_database = by_database
        self._written: dict[str, _Written] = {}

    def on(self, dialect: Dialect) -> _Written:
        """As that kind of database takes it."""
        written = self._written.get(dialect.name)
        if written is None:
            statement = self._by_database.get(dialect.name, self._statement)
            assert statement is not None
            written = self._written[dialect.name] = _write(statement, dialect)
        return written

    def run(self, connection: Connection, values: Values) -> Answer:
        """It alone."""
        return together(connection, (self, values))[0]

    def each(self, connection: Connection, common: Values, rows: Sequence[Values]) -> list[int]:
        """Once for each of ``rows``; how many rows of the database each time changed.

        ``common`` are the values that are always the same.
        """
        if not rows:
            return []
        written = self.on(connection.dialect)
        some = written.fixed | written.taken(common)
        if written.binding.keys() & rows[0].keys():
            rows = [written.taken(row) for row in rows]
        many = [written.placed({**some, **row}) for row in rows]
        return [answer.changed for answer in _sent(connection, [(written, many)])]


def together(connection: Connection, *asked: tuple[Ready, Values]) -> list[Answer]:
    """Each of them, in this order; what they answer, in the same."""
    flight = []
    for ready, values in asked:
        written = ready.on(connection.dialect)
        flight.append((written, [written.placed(written.fixed | written.taken(values))]))
    return _sent(connection, flight)


@dataclass(frozen=True)
class _Written:
    """``places`` is the order of its values where they have no names, ``row`` makes a row of what
    it answers, if it answers any."""

    compiled: Any
    text: str
    places: Callable[[Values], Any] | None
    fixed: dict[str, object]
    binding: dict[str, _Process]
    row: Callable[[Sequence[Any]], Any] | None
    reading: tuple[tuple[int, _Process], ...]

    def taken(self, values: Values) -> dict[str, object]:
        """The values as the driver takes them."""
        return {
            name: self.binding[name](value) if name in self.binding else value
            for name, value in values.items()
        }

    def placed(self, values: dict[str, object]) -> Any:
        return values if self.places is None else self.places(values)

    def answered(self, cursor: Any) -> Answer:
        if self.row is None:
            return Answer(_NO_ROWS, cursor.rowcount)
        found = cursor.fetchall()
        if self.reading:
            found = [list(row) for row in found]
            for row in found:
                for place, read in self.reading:
                    row[place] = read(row[place])
        return Answer([self.row(row) for row in found], cursor.rowcount)


def _write(statement: Statement, dialect: Dialect) -> _Written:
    compiled: Any = statement.compile(dialect=dialect)
    bound = {name: each for name, each in compiled.binds.items() if name in compiled.params}
    binding = {name: _binder(each.type, dialect) for name, each in bound.items()}
    columns = list(statement.exported_columns)
    reading = [_reader(column.type, dialect) for column in columns]
    names = [str(column.key) for column in columns]
    row: Any = namedtuple("row", names)  # type: ignore[misc]  # they are known here alone
    written = _Written(
        compiled=compiled,
        text=str(compiled),
        places=_in_order(compiled.positiontup) if compiled.positional else None,
        fixed={},
        binding={name: bind for name, bind in binding.items() if bind is not None},
        row=row._make if columns else None,
        reading=tuple((place, read) for place, read in enumerate(reading) if read is not None),
    )
    fixed = {name: compiled.params[name] for name, each in bound.items() if not each.required}
    # Drivers take a word of ours, such as a state, for something that they must look up.
    plain = {name: str(each) if isinstance(each, str) else each for name, each in fixed.items()}
    written.fixed.update(written.taken(plain))
    return written


def _in_order(names: Sequence[str]) -> Callable[[Values], tuple[object, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def _binder(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    if isinstance(kind, UtcDateTime):  # of which there are several in a row
        return _stored_moment if dialect.name == "sqlite" else _moment
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _moment(given: datetime | None) -> datetime | None:
    return None if given is None else given.astimezone(UTC)


def _stored_moment(text: str | None) -> datetime | None:
    """SQLite keeps it as text without a zone."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _sent(connection: Connection, flight: list[tuple[_Written, list[Any]]]) -> list[Answer]:
    driver: Any = connection.connection.driver_connection
    _tell(connection, flight)
    text = ""
    try:
        if connection.dialect.name == "sqlite":
            cursor, answers = driver.cursor(), []
            execute = cursor.execute
            for written, many in flight:
                text = written.text
                if written.row is not None:
                    answers += [written.answered(execute(text, values)) for values in many]
                else:
                    answers += [Answer(_NO_ROWS, execute(text, values).rowcount) for values in many]
            return answers
        text = "; ".join(written.text for written, _ in flight)
        # One alone takes as many round trips without a pipeline, and less work.
        with driver.pipeline() if _is_several(flight) else nullcontext():
            waiting = [
                (written, driver.execute(written.text, values))
                for written, many in flight
                for values in many
            ]
        return [written.answered(cursor) for written, cursor in waiting]
    except connection.dialect.loaded_dbapi.Error as error:
        connection._handle_dbapi_exception(error, text, None, None, None)


def _is_several(flight: list[tuple[_Written, list[Any]]]) -> bool:
    return len(flight) > 1 or len(flight[0][1]) > 1


@dataclass(frozen=True)
class _Context:
    """What listeners ask of SQLAlchemy's own."""

    compiled: Any


def _tell(connection: Connection, flight: list[tuple[_Written, list[Any]]]) -> None:
    for hear in connection.dispatch.before_cursor_execute:
        for written, many in flight:
            values = many if len(many) > 1 else many[0]
            hear(connection, None, written.text, values, _Context(written.compiled), len(many) > 1)
