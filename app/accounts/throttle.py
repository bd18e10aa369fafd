"""Counts what may happen only so often, in the database: across processes and restarts."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.accounts.models import Throttle
from app.client import network_of
from app.moments import sql_outside, sql_within
from app.web.later import seconds_until as seconds_until


def subject_of(kind: str, value: str) -> str:
    """What rows carry instead of an address: the same length whatever was typed."""
    return hashlib.sha256(f"{kind}:{value}".encode("utf-8", "replace")).hexdigest()


def subject_of_address(email_key: str) -> str:
    """The subject of a mail address, known or not."""
    return subject_of("address", email_key)


def subject_of_client(ip: str) -> str:
    """The subject of a network address. An IPv6 customer has a whole /64, so that counts as one."""
    return subject_of("client", network_of(ip))


def allow(
    session: Session, *, purpose: str, subject: str, limit: int, window: timedelta, now: datetime
) -> bool:
    """Count one more, unless ``limit`` within the last ``window`` are used up. Says whether."""
    _one_at_a_time(session, purpose, subject)
    session.execute(
        delete(Throttle).where(
            Throttle.purpose == purpose,
            Throttle.subject == subject,
            sql_outside(Throttle.at, now, window),
        )
    )
    if used(session, purpose=purpose, subject=subject, window=window, now=now) >= limit:
        return False
    session.add(Throttle(purpose=purpose, subject=subject, at=now))
    session.flush()
    return True


def used(session: Session, *, purpose: str, subject: str, window: timedelta, now: datetime) -> int:
    """How often it happened within the last ``window``."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Throttle)
            .where(
                Throttle.purpose == purpose,
                Throttle.subject == subject,
                sql_within(Throttle.at, now, window),
            )
        )
        or 0
    )


def retry_at(
    session: Session, *, purpose: str, subject: str, limit: int, window: timedelta, now: datetime
) -> datetime | None:
    """When one more will be allowed, or ``None`` when it is allowed already."""
    newest_first = session.scalars(
        select(Throttle.at)
        .where(
            Throttle.purpose == purpose,
            Throttle.subject == subject,
            sql_within(Throttle.at, now, window),
        )
        .order_by(Throttle.at.desc())
        .limit(limit)
    ).all()
    return newest_first[-1] + window if len(newest_first) >= limit else None


def forget(session: Session, *, purpose: str, subject: str) -> None:
    """Start over for one subject."""
    session.execute(
        delete(Throttle).where(Throttle.purpose == purpose, Throttle.subject == subject)
    )


def _one_at_a_time(session: Session, purpose: str, subject: str) -> None:
    """Two requests must not both see the last free place. SQLite's writers queue already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"),
            {"what": f"throttle:{purpose}:{subject}"},
        )
