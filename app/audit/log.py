"""Writes audit events, chained and signed, in the caller's transaction.

Each event follows the anchor, a signed row that says how far the chain goes, and moves it. Events
that somebody took away from the end therefore leave a gap that no later event closes. While the
install's key is missing, events are still written, unsigned, and stay marked as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from app.audit import anchor as anchors
from app.audit.chain import Head, SigningKey, digest_of
from app.audit.keys import AuditKeys
from app.audit.models import AuditEvent
from app.audit.note import HeadNote
from app.audit.tags import checked
from app.database import Base, Database
from app.flights import Ready
from app.many_rows import ManyRows
from app.web.context import Actor

# Any number will do as long as every process uses the same one.
CHAIN_LOCK = 7_401_226
BATCH = 1000
PROGRAM = Actor(None, "Novantra", None)
CARRIED = "audit:carried-over"
ANCHOR_LOST = "audit:anchor-lost"

CHAIN = "audit-chain"
"""Where a session's ``info`` has the :class:`Chain`."""


@dataclass(frozen=True)
class Chain:
    """What signs the log of one install, and where its end is noted outside the database."""

    keys: AuditKeys
    note: HeadNote


def attach(database: Database, chain: Chain) -> None:
    """From now on every session of this database writes signed events."""
    database.session_info[CHAIN] = chain


def chain_of(session: Session) -> Chain | None:
    """The chain of the install that this session belongs to."""
    found = session.info.get(CHAIN)
    assert found is None or isinstance(found, Chain)
    return found


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
) -> None:
    """Add an event to the chain; it commits or rolls back with what it tells about.

    ``tag`` is ``subject:action``. ``changes`` maps a field to ``{"old": …, "new": …}``; a
    secret is only ever ``"changed"``, ``"set"`` or ``"removed"``: the caller passes no value.
    """
    record_all(session, now=now, actor=actor, events=[Happened(tag, target, changes)])


def change(
    session: Session,
    row: Base,
    field: str,
    new: object,
    *,
    now: datetime,
    actor: Actor,
    tag: str,
    target: str,
) -> bool:
    """Give one field of a row another value, and record it; whether it was another. No secrets."""
    old = getattr(row, field)
    if old == new:
        return False
    setattr(row, field, new)
    told = {field: {"old": old, "new": new}}
    record(session, now=now, actor=actor, tag=tag, target=target, changes=told)
    return True


@dataclass(frozen=True)
class Happened:
    """What is told of one thing that somebody did, as :func:`record` takes it."""

    tag: str
    target: str
    changes: Mapping[str, Any] | None = None


def record_all(
    session: Session, *, now: datetime, actor: Actor, events: Sequence[Happened]
) -> None:
    """Add an event for each of these, in their order; the anchor moves once."""
    if not events:
        return
    lock(session)
    session.flush()
    chain = chain_of(session)
    key = chain.keys.newest() if chain else None
    at = now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000)
    told = [
        _Event(
            at=at,
            actor_id=actor.id,
            actor=actor.label[:320],
            ip=actor.ip,
            tag=checked(one.tag),
            target=one.target[:320],
            changes=dict(one.changes or {}),
        )
        for one in events
    ]
    if chain is None or key is None:
        _append(session, told, _end(session, None), None)
        return
    try:
        anchored = anchors.trusted(session, chain.keys, anchors.read(session))
    except anchors.Doubtful as doubt:
        # From here on the chain is anchored again, and says itself that it was not before.
        anchored = _append(session, [_doubt(told[0], str(doubt))], _end(session, None), key)
    head = _append(session, told, _end(session, anchored), key)
    anchors.move(session, chain.keys, head, key)
    chain.note.advance_with(session, head)


def carry_over(session: Session, *, now: datetime) -> None:
    """Anchor a chain for the first time, in the transaction that upgrades the schema.

    Only there: an anchor that is missing later was taken away, and is told as such. What older
    releases wrote without a key is covered from now on by the event that says so.
    """
    chain = chain_of(session)
    key = chain.keys.newest() if chain else None
    if chain is None or key is None:
        return
    end = _end(session, None)
    if end.id == 0:
        anchors.move(session, chain.keys, end, key)
        return
    event = _Event(
        at=now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000),
        actor=PROGRAM.label,
        tag=CARRIED,
        target="audit log",
        changes={"head": {"old": None, "new": str(end)}},
    )
    anchors.move(session, chain.keys, _append(session, [event], end, key), key)


def begin(session: Session) -> None:
    """Anchor the empty chain of a new install. The caller knows that it is new."""
    chain = chain_of(session)
    key = chain.keys.newest() if chain else None
    if chain is None or key is None:
        return
    lock(session)
    if anchors.read(session) is None and _end(session, None).id == 0:
        anchors.move(session, chain.keys, Head(), key)


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


def _end(session: Session, anchored: Head | None) -> Head:
    """What the next event follows: the anchor, or unsigned events that came after it."""
    session.flush()
    rows = _LAST.run(session.connection(), {}).rows
    end = Head(rows[0].id, rows[0].digest) if rows else Head()
    if anchored is None:
        return end
    return end if end.id > anchored.id else anchored


_LAST = Ready(select(AuditEvent.id, AuditEvent.digest).order_by(AuditEvent.id.desc()).limit(1))


@dataclass(slots=True)
class _Event:
    """A row of the log before it is written. A list of people makes a hundred at a time, and a
    model costs more than all else that is done for it."""

    at: datetime
    actor: str
    tag: str
    target: str
    changes: dict[str, Any]
    actor_id: int | None = None
    ip: str | None = None
    id: int = 0
    previous_digest: str = ""
    digest: str = ""
    key_id: str | None = None


_COLUMNS = tuple(_Event.__dataclass_fields__)
_EVENTS = ManyRows(cast(Table, AuditEvent.__table__))


def _append(session: Session, events: Sequence[_Event], end: Head, key: SigningKey | None) -> Head:
    """Write them behind ``end``; the new end."""
    for event in events:
        event.id, event.previous_digest = end.id + 1, end.digest
        event.key_id = key.id if key else None
        event.digest = digest_of(event, key)
        end = Head(event.id, event.digest)
    columns = {name: [getattr(event, name) for event in events] for name in _COLUMNS}
    _EVENTS.insert(session.connection(), columns)
    return end


def _doubt(event: _Event, reason: str) -> _Event:
    return _Event(
        at=event.at,
        actor=PROGRAM.label,
        tag=ANCHOR_LOST,
        target="audit log",
        changes={"reason": {"old": None, "new": reason}},
    )
