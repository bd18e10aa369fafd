"""What is in an install's database, in numbers that mean something to people."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.audit.chain import Head
from app.database import Base

VERSION_TABLE = "alembic_version"

COUNTED = {
    "people": "SELECT count(*) FROM users",
    "organizations": "SELECT count(*) FROM organizations",
    "waiting mails": "SELECT count(*) FROM outbox_messages"
    " WHERE state IN ('queued', 'held', 'sending')",
    "audit events": "SELECT count(*) FROM audit_events",
}


ONE = {
    "people": "person",
    "organizations": "organization",
    "waiting mails": "waiting mail",
    "audit events": "audit event",
}


def in_words(counted: Mapping[str, int]) -> str:
    """``3 people, 1 organization, …``"""
    return ", ".join(
        f"{n} {ONE.get(what, what) if n == 1 else what}" for what, n in counted.items()
    )


def counts(session: Session) -> dict[str, int]:
    return {what: int(session.scalar(text(query)) or 0) for what, query in COUNTED.items()}


def audit_head(session: Session) -> str:
    """The newest event as ``ID:DIGEST``, for ``audit verify --head``."""
    newest = session.execute(
        text("SELECT id, digest FROM audit_events ORDER BY id DESC LIMIT 1")
    ).first()
    return str(Head(newest.id, newest.digest) if newest else Head())


def ours(connection: Connection) -> list[str]:
    """The tables of Novantra that are there, in the schema that it works in."""
    known = {*Base.metadata.tables, VERSION_TABLE}
    return sorted(known & set(inspect(connection).get_table_names()))
