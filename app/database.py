"""The declarative base, UTC times and sessions, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.database_engines import postgres_engine, sqlite_engine

RowId = BigInteger().with_variant(Integer(), "sqlite")
# For tables whose ids stand in forms and addresses: SQLite would give the id of a row that was
# deleted last to the next one, and a page opened before would act on somebody else.
NEVER_REUSED = {"sqlite_autoincrement": True}
JsonColumn = JSON().with_variant(JSONB(), "postgresql")


def utcnow() -> datetime:
    """The present moment, aware, in UTC. Tests pass another clock instead of patching this."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite keeps it as text without a zone; both give back aware values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Row = TypeVar("Row")


def only_row(session: Session, model: type[Row], key: int) -> Row | None:
    """The row of a table that holds a single one, or ``None``.

    A session forgets a row that nobody holds. This one is held until the session ends, because a
    page asks for it in several places.
    """
    row = session.get(model, key)
    session.info[model] = row
    return row


class Base(DeclarativeBase):
    """All models. Constraint names are fixed so that migrations are the same everywhere."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JsonColumn}  # noqa: RUF012


class Database:
    """One engine and its sessions. ``file`` is where SQLite keeps it.

    Writers on SQLite begin with ``BEGIN IMMEDIATE``: they queue for the lock at the start
    instead of failing in the middle. ``reading=True`` sessions begin deferred and never wait.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.file = Path(parsed.database or "") if self.is_sqlite else None
        self.engine = sqlite_engine(url) if self.is_sqlite else postgres_engine(url)
        # What every session carries in its ``info``; the composition root fills it.
        self.session_info: dict[Any, Any] = {}
        self._writing = sessionmaker(self.engine, expire_on_commit=False, info=self.session_info)
        passing_engine = self.engine.execution_options(sqlite_synchronous="NORMAL")
        self._passing = sessionmaker(passing_engine, expire_on_commit=False, info=self.session_info)
        reading_engine = self.engine.execution_options(sqlite_begin="DEFERRED")
        self._reading = sessionmaker(reading_engine, expire_on_commit=False, info=self.session_info)

    def session(self, *, reading: bool = False) -> Session:
        """A new session; the caller closes it."""
        return self._reading() if reading else self._writing()

    @contextmanager
    def transaction(self, *, passing: bool = False) -> Iterator[Session]:
        """A session that commits at the end, or rolls back when the block raises.

        :param passing: whether all that is written may be gone after a power cut, as what a process
            says of itself may that is gone then as well. SQLite does not wait for the disk; killed
            processes lose nothing. A server always waits: its clients may outlive it.
        """
        with self._passing() if passing else self._writing() as session, session.begin():
            yield session

    def close(self) -> None:
        self.engine.dispose()
