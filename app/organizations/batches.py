"""Pasted lists: kept as rows and worked off a few lines at a time, by whoever comes by.

The request that brings the list does what it can within a moment, and the worker delivers what that
makes; then the worker goes on between deliveries, and the list's own page can be asked to go on
too. A step claims its lines in the transaction that settles them, so no line is done twice and none
is lost, and asks again whether whoever pasted the list may still invite.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Table,
    TableValuedAlias,
    and_,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from app import correlation
from app.accounts.models import User
from app.audit.log import record
from app.flights import Statement
from app.in_steps import delete_some
from app.mail.addresses import Address
from app.many_rows import ManyRows, ready_for
from app.moments import sql_outside
from app.organizations.invitations import invite_all
from app.organizations.inviting import InviteResult, Inviting
from app.organizations.members import lock, lost_right
from app.organizations.models import (
    Invitation,
    InvitationBatch,
    InvitationBatchLine,
    Organization,
)
from app.organizations.pasted import Line
from app.outbox.aside import Trouble, alone_in
from app.outbox.models import OutboxMessage, State
from app.runtime import Promised, Runtime
from app.web.context import Actor

MAXIMUM = 1_000
# Lines per transaction: SQLite has one writer, and the others should not notice a list.
STEP = 100
KEPT = timedelta(days=30)
# Old lists cleared at once, with up to a thousand lines each.
CLEARED = 5
PAGE = 100
# Seconds that a request may spend on a list; the worker does the rest, between two deliveries.
MOMENT, CHORE_MOMENT = 1.0, 0.25

Waiting = tuple[int, str]
"""A line that waits: its id, and the address as it is stored."""

_LINES = ManyRows(cast(Table, InvitationBatchLine.__table__))

log = logging.getLogger("novantra.organizations")


@dataclass(frozen=True)
class Progress:
    """How far a list is; ``counts`` maps an outcome to the number of its lines."""

    total: int
    done: int
    counts: dict[str, int]

    @property
    def finished(self) -> bool:
        return self.done == self.total


def store(session: Session, inviting: Inviting, lines: Sequence[Line]) -> InvitationBatch:
    """Keep a list for working off. Lists of this organization past their time are cleared."""
    delete_some(
        session,
        InvitationBatch,
        InvitationBatch.organization_id == inviting.organization.id,
        sql_outside(InvitationBatch.created_at, inviting.now, KEPT),
        ~_waits(),
        rows=CLEARED,
    )
    batch = InvitationBatch(
        public_id=secrets.token_hex(16),
        organization_id=inviting.organization.id,
        role=inviting.role,
        created_by_id=inviting.inviter.id if inviting.inviter else None,
        ip=inviting.actor.ip,
        created_at=inviting.now,
        correlation_id=correlation.current(),
    )
    session.add(batch)
    session.flush()
    _LINES.insert(
        session.connection(),
        {
            "number": [line.number for line in lines],
            "typed": [line.stored[:320] for line in lines],
            "outcome": [line.outcome for line in lines],
            "detail": [line.problem[:300] if line.problem else None for line in lines],
        },
        batch_id=batch.id,
    )
    return batch


def _waits() -> ColumnElement[bool]:
    line = InvitationBatchLine
    return (
        select(line.id).where(line.batch_id == InvitationBatch.id, line.outcome.is_(None)).exists()
    )


def work_off(runtime: Runtime, batch: InvitationBatch | None = None) -> bool:
    """One step: the next lines of this list, or of any. Whether there were some.

    Its own transaction, committed at the end.
    """
    with runtime.database.transaction() as session:
        line = InvitationBatchLine
        waiting = select(line.id, line.batch_id, line.typed).where(line.outcome.is_(None))
        if batch is not None:
            waiting = waiting.where(line.batch_id == batch.id)
        found = session.execute(
            waiting.order_by(line.id).limit(STEP).with_for_update(skip_locked=True)
        ).all()
        lists: dict[int, list[Waiting]] = {}
        for line_id, batch_id, typed in found:
            lists.setdefault(batch_id, []).append((line_id, typed))
        for batch_id, lines in sorted(lists.items()):
            _do_some(session, runtime, session.get_one(InvitationBatch, batch_id), lines)
        return bool(found)


def _do_some(
    session: Session, runtime: Runtime, batch: InvitationBatch, lines: Sequence[Waiting]
) -> None:
    """Some lines of a list, all at once; one by one where something about them is in the way."""
    with correlation.belonging_to(batch.correlation_id):
        inviting = _inviting_or_end(session, runtime, batch)
        if inviting is None:
            return
        done = alone_in(session, partial(_do, session, inviting, lines))
        if isinstance(done, Trouble):
            log.error("lines of a list are worked on one by one: %s", done.reason)
            for line in lines:
                _do_alone(session, inviting, line)


def _do(session: Session, inviting: Inviting, lines: Sequence[Waiting]) -> None:
    outcomes = invite_all(session, inviting, [Address.parse(typed) for _, typed in lines])
    same: dict[InviteResult, list[int]] = {}
    for (line_id, _), outcome in zip(lines, outcomes, strict=True):
        same.setdefault(outcome, []).append(line_id)
    for outcome, ids in same.items():
        done = {"ids": ids, "with_outcome": str(outcome)}
        _SETTLED.run(session.connection(), done)


def _settled(ids: TableValuedAlias) -> Statement:
    line = cast(Table, InvitationBatchLine.__table__)
    these = line.c.id.in_(select(ids.c.value))
    return update(line).where(these).values(outcome=bindparam("with_outcome"), detail=None)


_SETTLED = ready_for(InvitationBatchLine.id.type, "ids", _settled)


def _do_alone(session: Session, inviting: Inviting, line: Waiting) -> None:
    """One line; one that cannot be worked on is set aside and stops none of the others."""
    done = alone_in(session, partial(_do, session, inviting, [line]))
    if isinstance(done, Trouble):
        log.error("a line of a list is set aside: %s", done.reason)
        settled = InvitationBatchLine.id == line[0]
        _settle(session, settled, InviteResult.SET_ASIDE, done.reason)


def _inviting_or_end(session: Session, runtime: Runtime, batch: InvitationBatch) -> Inviting | None:
    """Who invites into what with a list. ``None`` when they may not invite any more: then the rest
    of the list ends here, and its page says why."""
    organization = session.get_one(Organization, batch.organization_id)
    lock(session, organization)
    lost = lost_right(session, organization_id=organization.id, user_id=batch.created_by_id)
    inviting = _inviting(session, runtime, batch, organization)
    if lost is None:
        return inviting
    batch.ended_because = lost
    ended = _settle(
        session,
        and_(InvitationBatchLine.batch_id == batch.id, InvitationBatchLine.outcome.is_(None)),
        InviteResult.NOT_ALLOWED,
    )
    record(
        session,
        now=inviting.now,
        actor=inviting.actor,
        tag="invitation:list-ended",
        target=f"{organization.slug}: {ended} addresses",
        changes={"because": lost.value},
    )
    return None


def _settle(
    session: Session, lines: ColumnElement[bool], outcome: InviteResult, detail: str | None = None
) -> int:
    settled = session.execute(
        update(InvitationBatchLine)
        .where(lines)
        .values(outcome=outcome, detail=detail)
        .returning(InvitationBatchLine.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(settled)


def work_for_a_moment(
    runtime: Runtime, batch: InvitationBatch | None = None, *, seconds: float | None = None
) -> None:
    """Steps through a list, or all of them, until done or :data:`MOMENT` is over.

    The worker is woken for what is left of a list.
    """
    end = time.monotonic() + (MOMENT if seconds is None else seconds)
    while work_off(runtime, batch):
        if time.monotonic() >= end:
            if batch is not None:
                runtime.wake_worker()
            return


def chore(runtime: Runtime) -> bool:
    """What the worker does between deliveries. Looks before it takes the writer's place, and leaves
    a list that has just come to the request that brought it: two who write would wait for each
    other, and mail for both."""
    now = runtime.now()
    with runtime.database.session(reading=True) as session:
        waiting = session.scalar(
            select(InvitationBatchLine.id)
            .join(InvitationBatch, InvitationBatch.id == InvitationBatchLine.batch_id)
            .where(
                InvitationBatchLine.outcome.is_(None),
                sql_outside(InvitationBatch.created_at, now, timedelta(seconds=MOMENT)),
            )
            .limit(1)
        )
    if waiting is None:
        return False
    work_for_a_moment(runtime, seconds=CHORE_MOMENT)
    return True


def promised(session: Session, _now: datetime) -> Promised:
    """Lines that nobody has come to yet: each stands for a mail that somebody counts on."""
    count, since = session.execute(_PROMISED).one()
    return Promised(count, since)


def set_aside(session: Session) -> int:
    """Lines that could not be worked on."""
    return session.scalar(_ASIDE) or 0


# Built once: every page of the console asks.
_PROMISED = (
    select(func.count(), func.min(InvitationBatch.created_at))
    .select_from(InvitationBatchLine)
    .join(InvitationBatch, InvitationBatch.id == InvitationBatchLine.batch_id)
    .where(InvitationBatchLine.outcome.is_(None))
)
_ASIDE = select(func.count()).select_from(InvitationBatchLine).where(text("outcome = 'set-aside'"))


def find(session: Session, organization: Organization, public_id: str) -> InvitationBatch | None:
    """A list of this organization; anything may stand in an address, also a NUL."""
    if not public_id.isprintable():
        return None
    return session.scalar(
        select(InvitationBatch).where(
            InvitationBatch.public_id == public_id,
            InvitationBatch.organization_id == organization.id,
        )
    )


def progress(session: Session, batch: InvitationBatch) -> Progress:
    rows = session.execute(
        select(InvitationBatchLine.outcome, func.count())
        .where(InvitationBatchLine.batch_id == batch.id)
        .group_by(InvitationBatchLine.outcome)
    ).all()
    counts = {outcome: count for outcome, count in rows if outcome is not None}
    return Progress(sum(count for _, count in rows), sum(counts.values()), counts)


@dataclass(frozen=True)
class Mails:
    """What became of the mails of a list's invitations: still to go out, sent, and neither."""

    waiting: int = 0
    sent: int = 0
    ended: int = 0


def mails(session: Session, batch: InvitationBatch) -> Mails:
    """The mails of those whom this list has invited so far."""
    line, message = InvitationBatchLine, OutboxMessage
    rows = session.execute(
        select(message.state, func.count())
        .join(Invitation, Invitation.message_public_id == message.public_id)
        .join(line, line.typed == Invitation.email)
        .where(
            line.batch_id == batch.id,
            line.outcome == InviteResult.INVITED,
            Invitation.organization_id == batch.organization_id,
            Invitation.created_at >= batch.created_at,
        )
        .group_by(message.state)
    ).all()
    counts = {str(state): count for state, count in rows}
    waiting = sum(counts.get(state, 0) for state in (State.QUEUED, State.HELD, State.SENDING))
    sent = counts.get(State.SENT, 0)
    return Mails(waiting, sent, sum(counts.values()) - waiting - sent)


def results(
    session: Session, batch: InvitationBatch, *, outcome: str = "", number: int = 1
) -> list[InvitationBatchLine]:
    """Page ``number`` of the lines in the order they were typed, and one line more."""
    query = select(InvitationBatchLine).where(InvitationBatchLine.batch_id == batch.id)
    if outcome:
        query = query.where(InvitationBatchLine.outcome == outcome)
    return list(
        session.scalars(
            query.order_by(InvitationBatchLine.id).limit(PAGE + 1).offset((number - 1) * PAGE)
        )
    )


def _inviting(
    session: Session, runtime: Runtime, batch: InvitationBatch, organization: Organization
) -> Inviting:
    inviter = session.get(User, batch.created_by_id) if batch.created_by_id else None
    label = inviter.email if inviter else "somebody since removed"
    return Inviting(
        runtime=runtime,
        organization=organization,
        role=batch.role,
        inviter=inviter,
        actor=Actor(inviter.id if inviter else None, label, batch.ip),
        now=runtime.now(),
    )


def invite_all_now(
    session: Session, inviting: Inviting, lines: Sequence[Line]
) -> dict[Address, InviteResult]:
    """Every address at once, for when no mail is composed (mail pending): address → outcome."""
    addresses = [line.address for line in lines if line.address and line.outcome is None]
    return dict(zip(addresses, invite_all(session, inviting, addresses), strict=True))
