"""Writes audit events, chained, in the caller's transaction, and verifies the chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.audit.tags import checked
from app.web.context import Actor

GENESIS = "0" * 64
# Any number will do as long as every process uses the same one.
CHAIN_LOCK = 7_401_226
BATCH = 1000


@dataclass(frozen=True)
class Broken:
    """The first event at which the chain does not hold, and why."""

    event_id: int
    reason: str


def lock(session: Session) -> None:
    """Take the chain's lock, until the transaction ends.

    :func:`record` does it by itself. Call it first where rows are changed before the event is
    written and others change them in the other order: then nobody waits in a circle. SQLite has
    one writer at a time and needs none.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})


def record(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    tag: str,
    target: str,
    changes: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Add an event to the chain; it commits or rolls back with what it tells about.

    ``tag`` is ``subject:action``. ``changes`` maps a field to ``{"old": …, "new": …}``; a
    secret is only ever ``"changed"``, ``"set"`` or ``"removed"``: the caller passes no value.
    """
    lock(session)
    session.flush()
    last = session.execute(
        select(AuditEvent.id, AuditEvent.digest).order_by(AuditEvent.id.desc()).limit(1)
    ).first()
    event = AuditEvent(
        id=(last.id if last else 0) + 1,
        at=now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000),
        actor_id=actor.id,
        actor=actor.label[:320],
        ip=actor.ip,
        tag=checked(tag),
        target=target[:320],
        changes=dict(changes or {}),
        previous_digest=last.digest if last else GENESIS,
    )
    event.digest = digest_of(event)
    session.add(event)
    session.flush()
    return event


def digest_of(event: AuditEvent) -> str:
    """SHA-256 over every column and the digest before, in one canonical JSON form."""
    content = [
        event.id,
        event.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        event.actor_id,
        event.actor,
        event.ip,
        event.tag,
        event.target,
        event.changes,
        event.previous_digest,
    ]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def walk(session: Session, *, after: int = 0) -> Iterator[AuditEvent]:
    """All events in order, read in batches."""
    while True:
        batch = session.scalars(
            select(AuditEvent).where(AuditEvent.id > after).order_by(AuditEvent.id).limit(BATCH)
        ).all()
        if not batch:
            return
        yield from batch
        after = batch[-1].id
        session.expunge_all()


def verify(session: Session) -> tuple[int, Broken | None]:
    """How many events were checked, and the first that does not hold, if any."""
    previous, expected, checked = GENESIS, 1, 0
    for event in walk(session):
        checked += 1
        if event.id != expected:
            return checked, Broken(event.id, f"event {expected} is missing before it")
        if event.previous_digest != previous:
            return checked, Broken(event.id, "it does not follow the event before it")
        if event.digest != digest_of(event):
            return checked, Broken(event.id, "it was altered after it was written")
        previous, expected = event.digest, expected + 1
    total = session.scalar(select(func.count()).select_from(AuditEvent)) or 0
    if total != checked:
        return checked, Broken(0, "events lie outside the chain")
    return checked, None
