"""At most so many in a window: counted in the database, across processes and restarts.

A :class:`Limit` says how many of what; :func:`take` counts one more or raises the one
:class:`TooMany`; a :class:`Tally` does that for many at once. The rows carry no address, only what
:func:`subject_of` makes of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import (
    Index,
    String,
    Table,
    TableValuedAlias,
    bindparam,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.client import network_of
from app.database import Base, RowId, UtcDateTime
from app.flights import Statement
from app.mail.addresses import Address
from app.many_rows import ManyRows, among, ready_for
from app.moments import sql_outside, sql_within, within


class Throttle(Base):
    """Something counted per subject within a window, across processes and restarts. What many take
    under one subject at the same moment is one row with their ``number``."""

    __tablename__ = "throttles"
    __table_args__ = (Index("ix_throttles_purpose_subject_at", "purpose", "subject", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[int] = mapped_column(default=1, server_default="1")


@dataclass(frozen=True)
class Limit:
    """At most ``most`` (1 or more) within any ``window``. ``purpose`` is what rows are counted
    under, up to 24 characters."""

    purpose: str
    most: int
    window: timedelta


@dataclass(frozen=True)
class Allowance:
    """``left`` more are allowed now. ``again_at``: when one more than that becomes possible, None
    while none counts."""

    left: int
    again_at: datetime | None


class TooMany(Exception):
    """``limit`` is used up; ``retry_at`` is when one more is allowed."""

    def __init__(self, limit: Limit, retry_at: datetime) -> None:
        super().__init__(f"more than {limit.most} of {limit.purpose}")
        self.limit = limit
        self.retry_at = retry_at


def subject_of(kind: str, value: str) -> str:
    """What rows carry instead of an address: the same length whatever was typed."""
    return hashlib.sha256(f"{kind}:{value}".encode("utf-8", "replace")).hexdigest()


def subject_of_address(address: Address) -> str:
    """The subject of a mail address, known or not."""
    return subject_of("address", address.key)


def subject_of_person(user_id: int) -> str:
    """The subject of somebody who is signed in."""
    return subject_of("person", str(user_id))


def subject_of_client(ip: str) -> str:
    """The subject of a network address. An IPv6 customer has a whole /64, so that counts as one."""
    return subject_of("client", network_of(ip))


class Tally:
    """:func:`take` for many subjects, in a few statements for all of them.

    What is taken is written by :meth:`write`, in a statement for each limit. Whoever needs several
    limits at once names them in the order in which everybody does, since each is held until the
    commit.
    """

    def __init__(
        self, session: Session, wanted: Iterable[tuple[Limit, str]], now: datetime
    ) -> None:
        """``wanted``: all that may be taken; a limit has one ``most``, whatever the subject."""
        self._session, self._now = session, now
        self._counted: Counter[tuple[Limit, str]] = Counter()
        self._taken: Counter[tuple[Limit, str]] = Counter()
        self._free_at: dict[tuple[Limit, str], datetime] = {}
        subjects: dict[Limit, set[str]] = {}
        for limit, subject in wanted:
            subjects.setdefault(limit, set()).add(subject)
        for limit, some in subjects.items():
            self._look(limit, sorted(some))

    def take(self, *wanted: tuple[Limit, str]) -> None:
        """Count one more of each of these, or of none of them: raises :class:`TooMany` for the
        first that is used up."""
        for each in wanted:
            if self._counted[each] + self._taken[each] >= each[0].most:
                raise TooMany(each[0], self._when_free(each))
        self._taken.update(wanted)

    def write(self) -> None:
        """Keep what was taken. The caller commits."""
        _WRITTEN.insert(
            self._session.connection(),
            {
                "purpose": [limit.purpose for limit, _ in self._taken],
                "subject": [subject for _, subject in self._taken],
                "number": list(self._taken.values()),
            },
            at=self._now,
        )

    def _look(self, limit: Limit, subjects: Sequence[str]) -> None:
        _one_at_a_time(self._session, limit, subjects)
        self._session.flush()
        these = {"of_purpose": limit.purpose, "subjects": subjects}
        rows = _COUNTED.run(self._session.connection(), these).rows
        if not all(within(moment, self._now, limit.window) for row in rows for moment in row[2:]):
            self._clear(limit, subjects)
            rows = _COUNTED.run(self._session.connection(), these).rows
        self._counted.update({(limit, row.subject): int(row.number) for row in rows})

    def _clear(self, limit: Limit, subjects: Sequence[str]) -> None:
        """Take away what no longer counts."""
        self._session.execute(
            delete(Throttle)
            .where(
                Throttle.purpose == limit.purpose,
                among(self._session, Throttle.subject, subjects),
                sql_outside(Throttle.at, self._now, limit.window),
            )
            .execution_options(synchronize_session=False)
        )

    def _when_free(self, which: tuple[Limit, str]) -> datetime:
        """When the oldest of the newest ``most`` is over; asked once for each."""
        if which not in self._free_at:
            limit, subject = which
            before = limit.most - self._taken[which]
            at = None
            if before > 0:
                _, at = _newest(self._session, limit, subject, self._now, before)
            self._free_at[which] = (at or self._now) + limit.window
        return self._free_at[which]


def take(session: Session, limit: Limit, subject: str, now: datetime) -> None:
    """Count one more; raises :class:`TooMany`. The caller commits."""
    tally = Tally(session, [(limit, subject)], now)
    tally.take((limit, subject))
    tally.write()


def allowance(session: Session, limit: Limit, subject: str, now: datetime) -> Allowance:
    """What is left. Counts nothing."""
    counted, oldest = _newest(session, limit, subject, now, limit.most)
    return Allowance(limit.most - counted, oldest + limit.window if oldest else None)


def retry_at(session: Session, limit: Limit, subject: str, now: datetime) -> datetime | None:
    """When one more will be allowed, or ``None`` when it is allowed already. Counts nothing."""
    found = allowance(session, limit, subject, now)
    return None if found.left else found.again_at


def left(session: Session, limit: Limit, subject: str, now: datetime) -> int:
    """How many more are allowed now. Counts nothing."""
    return allowance(session, limit, subject, now).left


def forget(session: Session, limit: Limit, subject: str) -> None:
    """Start over for one subject."""
    session.execute(
        delete(Throttle).where(Throttle.purpose == limit.purpose, Throttle.subject == subject)
    )


def _newest(
    session: Session, limit: Limit, subject: str, now: datetime, most: int
) -> tuple[int, datetime | None]:
    """Of those that count: how many there are, up to ``most``, and when the oldest of these was."""
    rows = session.execute(
        select(Throttle.at, Throttle.number)
        .where(
            Throttle.purpose == limit.purpose,
            Throttle.subject == subject,
            sql_within(Throttle.at, now, limit.window),
        )
        .order_by(Throttle.at.desc())
        .limit(most)
    )
    counted, oldest = 0, None
    for at, number in rows:
        counted, oldest = counted + number, at
        if counted >= most:
            return most, oldest
    return counted, oldest


def _one_at_a_time(session: Session, limit: Limit, subjects: Sequence[str]) -> None:
    """Two requests must not both see the last free place. SQLite's writers queue already.

    Subjects come sorted, so that two that want the same ones do not wait in a circle.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text(
                "SELECT pg_advisory_xact_lock(hashtextextended(what, 0))"
                " FROM unnest(CAST(:whats AS text[])) AS what"
            ),
            {"whats": [f"throttle:{limit.purpose}:{subject}" for subject in subjects]},
        )


def _counted(subjects: TableValuedAlias) -> Statement:
    row = Throttle
    return (
        select(
            row.subject,
            func.sum(row.number).label("number"),
            func.min(row.at).label("first"),
            func.max(row.at).label("last"),
        )
        .where(row.purpose == bindparam("of_purpose"), row.subject.in_(select(subjects.c.value)))
        .group_by(row.subject)
    )


_COUNTED = ready_for(Throttle.subject.type, "subjects", _counted)
_WRITTEN = ManyRows(cast(Table, Throttle.__table__))
