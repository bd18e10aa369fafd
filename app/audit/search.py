"""Finds audit events by who, what and when, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent

PAGE = 50
BATCH = 1000


@dataclass(frozen=True)
class Filter:
    """Empty parts do not narrow. ``text`` is looked for in the actor and the target."""

    subject: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def apply(self, query: Select[AuditEvent]) -> Select[AuditEvent]:
        if self.subject:
            query = query.where(AuditEvent.tag.startswith(f"{self.subject}:", autoescape=True))
        if self.text:
            query = query.where(
                AuditEvent.actor.icontains(self.text, autoescape=True)
                | AuditEvent.target.icontains(self.text, autoescape=True)
            )
        if self.since:
            query = query.where(AuditEvent.at >= self.since)
        if self.until:
            query = query.where(AuditEvent.at < self.until)
        return query


@dataclass(frozen=True)
class Page:
    """``newer`` and ``older`` are cursors, or ``None`` at an end."""

    events: list[AuditEvent]
    newer: int | None
    older: int | None


def page(
    session: Session, wanted: Filter, *, before: int | None = None, after: int | None = None
) -> Page:
    """One page by keyset: the events just below id ``before`` or just above ``after``."""
    query = wanted.apply(select(AuditEvent))
    if after is not None:
        rows = list(
            session.scalars(
                query.where(AuditEvent.id > after).order_by(AuditEvent.id).limit(PAGE + 1)
            )
        )
        more_newer, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        newest, oldest = (rows[0].id, rows[-1].id) if rows else (after, after + 1)
        return Page(rows, newest if more_newer else None, oldest)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    rows = list(session.scalars(query.order_by(AuditEvent.id.desc()).limit(PAGE + 1)))
    more_older, rows = len(rows) > PAGE, rows[:PAGE]
    newer = rows[0].id if rows and before is not None else None
    return Page(rows, newer, rows[-1].id if more_older else None)


def newest(session: Session, tag: str) -> AuditEvent | None:
    """The last event with this tag."""
    return session.scalar(
        select(AuditEvent).where(AuditEvent.tag == tag).order_by(AuditEvent.id.desc()).limit(1)
    )


def each(session: Session, wanted: Filter) -> Iterator[AuditEvent]:
    """Every event that the filter selects, oldest first, read in batches."""
    after = 0
    while batch := session.scalars(
        wanted.apply(select(AuditEvent))
        .where(AuditEvent.id > after)
        .order_by(AuditEvent.id)
        .limit(BATCH)
    ).all():
        yield from batch
        after = batch[-1].id
        session.expunge_all()
