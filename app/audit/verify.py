"""Checks the whole chain, its anchor and what was noted of it outside the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.audit import anchor as anchors
from app.audit.chain import GENESIS, Head, SigningKey, digest_of, same
from app.audit.log import ANCHOR_LOST, BATCH, CARRIED, chain_of
from app.audit.models import AuditAnchor, AuditEvent
from app.audit.note import NoteUnreadable


class ChainStatus(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"  # a key is missing, so it cannot be told


@dataclass(frozen=True)
class Broken:
    """The first event at which the chain does not hold, and why. Id 0 is the log as a whole."""

    event_id: int
    reason: str


@dataclass
class Run:
    """Events in a row that have something in common."""

    first: int
    last: int
    count: int = 1


@dataclass
class Report:
    """What was found, in facts. :mod:`app.audit.sentences` has the words."""

    checked: int = 0
    head: Head = field(default_factory=Head)
    newest_at: datetime | None = None
    broken: Broken | None = None
    # Events of a release without a key for the chain, and when they were carried over.
    carried: Run | None = None
    carried_at: datetime | None = None
    # Events written while the install's key was missing: anybody could have written them.
    unsigned: list[Run] = field(default_factory=list)
    # The anchor had to be made anew: event id, when, why.
    anchor_lost: list[tuple[int, datetime, str]] = field(default_factory=list)
    # Signed with keys that the install lacks: key id and its events.
    unknown: dict[str, Run] = field(default_factory=dict)
    # Why the anchor could not be checked, when its key is missing.
    anchor_unknown: str | None = None
    # A head that was asked for and is there.
    contains: Head | None = None

    @property
    def status(self) -> ChainStatus:
        """One word, the worst of what was found."""
        if self.broken or self.unsigned or self.anchor_lost:
            return ChainStatus.BROKEN
        if self.unknown or self.anchor_unknown:
            return ChainStatus.UNKNOWN
        return ChainStatus.HOLDS

    @property
    def holds(self) -> bool:
        return self.status is ChainStatus.HOLDS


def verify(session: Session, *, head: Head | None = None) -> Report:
    """Check everything; ``head`` is one that somebody noted earlier.

    Reads one consistent state of the database, and the note of this machine before it, so that
    events written meanwhile do no harm.
    """
    chain = chain_of(session)
    report = Report()
    try:
        noted = chain.note.read() if chain else None
    except NoteUnreadable as problem:
        report.broken, noted = Broken(0, str(problem)), None
    _one_state(session)
    wanted = {h.id: "" for h in (head, noted) if h}
    anchor = anchors.read(session)
    if anchor is not None:
        wanted.setdefault(anchor.event_id, "")
    _walk(session, report, wanted)
    _check_anchor(session, report, anchor, wanted)
    if noted is not None and chain is not None:
        _check_head(
            report,
            noted,
            wanted,
            f"the note {chain.note.path} says that there was an event {noted.id}"
            f" with the digest {noted.digest[:12]}…",
        )
    if head is not None:
        said = f"the head {head.id}:{head.digest[:12]}… that was noted earlier"
        if _check_head(report, head, wanted, said):
            report.contains = head
    return report


def _one_state(session: Session) -> None:
    """SQLite's readers see one state anyway."""
    if session.get_bind().dialect.name == "postgresql" and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _rows(session: Session) -> Iterator[Row[Any]]:
    after: int | None = None
    while True:
        query = select(*AuditEvent.__table__.columns).order_by(AuditEvent.id).limit(BATCH)
        batch = session.execute(
            query if after is None else query.where(AuditEvent.id > after)
        ).all()
        if not batch:
            return
        yield from batch
        after = batch[-1].id


def _walk(session: Session, report: Report, wanted: dict[int, str]) -> None:
    """Follow the chain to its end; goes on behind the first break, to count and to find heads."""
    chain = chain_of(session)
    known: dict[str, SigningKey | None] = {}
    previous, expected, signed_before = GENESIS, 1, False
    unsigned: list[Run] = []
    for row in _rows(session):
        report.checked += 1
        if row.id in wanted:
            wanted[row.id] = row.digest
        if row.id != expected:
            _break(report, row.id, _missing(expected, row.id - 1) + " before it")
        elif row.previous_digest != previous:
            _break(report, row.id, "it does not follow the event before it")
        key = None
        if row.key_id is None:
            _add(unsigned, row.id)
        else:
            if row.key_id not in known:
                known[row.key_id] = chain.keys.find(session, row.key_id) if chain else None
            key = known[row.key_id]
            if not signed_before and row.tag == CARRIED:
                report.carried_at = row.at
                report.carried = Run(1, row.id - 1, row.id - 1)
                unsigned.clear()
            signed_before = True
            if row.tag == ANCHOR_LOST:
                reason = row.changes.get("reason", {}).get("new", "")
                report.anchor_lost.append((row.id, row.at, reason))
        if row.key_id is not None and key is None:
            run = report.unknown.setdefault(row.key_id, Run(row.id, row.id, 0))
            run.last, run.count = row.id, run.count + 1
        elif not same(row.digest, digest_of(row, key)):
            _break(report, row.id, "it was altered after it was written")
        previous, expected = row.digest, max(row.id, 0) + 1
        report.head, report.newest_at = Head(row.id, row.digest), row.at
    report.unsigned = unsigned


def _check_anchor(
    session: Session, report: Report, anchor: AuditAnchor | None, wanted: dict[int, str]
) -> None:
    chain = chain_of(session)
    if chain is None:
        return
    try:
        anchored = anchors.trusted(session, chain.keys, anchor)
    except anchors.Doubtful as doubt:
        if doubt.unknown_key:
            report.anchor_unknown = str(doubt)
        else:
            _break(report, 0, str(doubt))
        return
    if anchored.id > report.head.id:
        _break(report, 0, f"{_missing(report.head.id + 1, anchored.id)} at its end")
    elif anchored.id and wanted[anchored.id] != anchored.digest:
        _break(report, anchored.id, "the anchor beside the log knows it with another digest")
    elif any(run.last > anchored.id for run in report.unsigned):
        return  # unsigned events come after the anchor, and are told as such
    elif anchored.id != report.head.id:
        _break(report, anchored.id + 1, "the anchor beside the log does not know it")


def _check_head(report: Report, head: Head, wanted: dict[int, str], said: str) -> bool:
    digest = wanted[head.id] if head.id else GENESIS
    if digest == head.digest:
        return True
    if head.id > report.head.id:
        _break(
            report,
            0,
            f"{said}, and the log ends at {report.head.id}: newer events were taken away, or an"
            " older copy of the database was brought back",
        )
    else:
        _break(report, head.id, f"{said}, and the log has another event there")
    return False


def _break(report: Report, event_id: int, reason: str) -> None:
    if report.broken is None:
        report.broken = Broken(event_id, reason)


def _add(runs: list[Run], event_id: int) -> None:
    if runs and runs[-1].last == event_id - 1:
        runs[-1].last, runs[-1].count = event_id, runs[-1].count + 1
    else:
        runs.append(Run(event_id, event_id))


def _missing(first: int, last: int) -> str:
    return f"event {first} is missing" if first >= last else f"events {first} to {last} are missing"
