"""At most so many in a window: counted in the database, across processes and restarts.

A :class:`Limit` says how many of what; :func:`take` counts one more or raises the one
:class:`TooMany`. The rows carry no address, only what :func:`subject_of` makes of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.client import network_of
from app.database import Base, RowId, UtcDateTime
from app.mail.addresses import Address
from app.moments import sql_outside, sql_within


class Throttle(Base):
    """Something counted per subject within a window, across processes and restarts."""

    __tablename__ = "throttles"
    __table_args__ = (Index("ix_throttles_purpose_subject_at", "purpose", "subject", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


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


def take(session: Session, limit: Limit, subject: str, now: datetime) -> None:
    """Count one more; raises :class:`TooMany`. The caller commits."""
    _one_at_a_time(session, limit, subject)
    session.execute(
        delete(Throttle).where(
            Throttle.purpose == limit.purpose,
            Throttle.subject == subject,
            sql_outside(Throttle.at, now, limit.window),
        )
    )
    free_at = retry_at(session, limit, subject, now)
    if free_at is not None:
        raise TooMany(limit, free_at)
    session.add(Throttle(purpose=limit.purpose, subject=subject, at=now))
    session.flush()


def allowance(session: Session, limit: Limit, subject: str, now: datetime) -> Allowance:
    """What is left. Counts nothing."""
    newest_first = session.scalars(
        select(Throttle.at)
        .where(
            Throttle.purpose == limit.purpose,
            Throttle.subject == subject,
            sql_within(Throttle.at, now, limit.window),
        )
        .order_by(Throttle.at.desc())
        .limit(limit.most)
    ).all()
    again_at = newest_first[-1] + limit.window if newest_first else None
    return Allowance(limit.most - len(newest_first), again_at)


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


def _one_at_a_time(session: Session, limit: Limit, subject: str) -> None:
    """Two requests must not both see the last free place. SQLite's writers queue already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"),
            {"what": f"throttle:{limit.purpose}:{subject}"},
        )
