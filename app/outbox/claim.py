"""Takes messages for sending, some at a time, committed before the network is touched.

Two workers must never hold the same message. On SQLite there is one writer at a time (``BEGIN
IMMEDIATE``); on PostgreSQL ``FOR UPDATE SKIP LOCKED`` lets every worker pick another row. A
claim carries a lease, after which the message is anybody's again, and a fence: the row counts
its claims, and only the newest may settle it. The lease outlasts the longest session, so a
message is in two hands only when a machine stood still in between.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import Row, Update, bindparam, select, update
from sqlalchemy.orm import Session

from app.crypto.box import SealBroken
from app.database import UtcDateTime
from app.mail.message import with_sender
from app.mail.transport import Envelope
from app.mailer.active import ActiveMailer
from app.moments import alive
from app.outbox.aside import Trouble, alone, alone_in
from app.outbox.breaker import (
    LEASE_AT_MOST,
    Breaker,
    Forwarder,
    hold,
    lock_probe,
    release,
    somebody_is_ahead,
)
from app.outbox.kinds import EXPRESS, ORDINARY
from app.outbox.models import MESSAGES, QUEUED, Ended, OutboxMessage, State
from app.outbox.retry import KEEP_FAILED, kept_until
from app.runtime import Runtime
from app.sealing import OUTBOX_BYTES

LEASE_MARGIN = 30.0
"""Seconds of a lease beyond the time that a whole session may take."""

SESSION = 30.0
"""Seconds that a session may take where no relay sets the limit (console)."""

UNREADABLE_FOR = timedelta(minutes=5)
"""How long a message rests whose key is missing: the key may come back."""

AT_ONCE = 200
"""Messages put down in one transaction, because they ran out or cannot be read."""

MANY_CLAIMS = 10
"""Claims of one message that nobody settled: it seems to kill those who try."""

NOBODY_CAME_BACK = "ten workers took it and none came back"
UNREADABLE = "its contents do not open with the key they name"

_NOTHING_ASKED: Mapping[str, bool] = MappingProxyType({})

log = logging.getLogger("novantra.outbox")


class Rest(StrEnum):
    """Why there is nothing to send at this moment."""

    EMPTY = "empty"
    STOPPED = "stopped"
    """Mail is pending, paused, or held for want of a key."""
    PROBING = "probing"
    """Another message goes ahead to see whether the relay works."""
    MOVING = "moving"
    """Something was put in order instead, and there is more to do."""
    PACED = "paced"
    """The relay allows no more messages for a while."""
    CROWDED = "crowded"
    """The relay allows no more connections, or nobody has asked for them yet."""


@dataclass(frozen=True)
class Claim:
    """One message in this worker's hands. Its bytes stay out of every ``repr``."""

    id: int
    public_id: str
    kind: str
    label: str
    envelope: Envelope
    message_id: str
    content: bytes = field(repr=False)
    fence: int
    attempts: int
    expires_at: datetime | None
    active: ActiveMailer = field(repr=False)
    forgiven: int = 0
    lane: int = ORDINARY
    correlation_id: str | None = None


def claim_some(
    session: Session,
    breaker: Breaker,
    now: datetime,
    forwarder: Forwarder | None = None,
    *,
    room: int = 1,
    allowance: Allowance | None = None,
) -> list[Claim] | Rest:
    """The oldest due messages of the first lane, then those of the next: up to ``room``, and one
    alone while the relay is tried out. The caller commits at once.

    Never an empty list. An error is raised as it comes; :func:`claim_carefully` finds out whose
    it is.
    """
    active = _may_go_out(session, breaker, now, forwarder)
    if isinstance(active, Rest):
        return active
    allowed = _allowed(session, allowance, active, now, room if active.proven else 1)
    if isinstance(allowed, Rest):
        return allowed
    for _ in range(max(AT_ONCE // allowed, 1)):
        rows = _take(session, now, lease(active.mailer), allowed)
        if not rows:
            return Rest.EMPTY
        standing = _that_stand(session, breaker.runtime, rows, now)
        made = [
            _claimed(session, breaker.runtime, active.mailer, row, now, standing) for row in rows
        ]
        if claims := [claim for claim in made if claim is not None]:
            if allowance is not None:
                allowance.begun(session, now, len(claims))
            return claims
    return Rest.MOVING


def claim_carefully(
    session: Session,
    breaker: Breaker,
    now: datetime,
    forwarder: Forwarder | None = None,
    *,
    allowance: Allowance | None = None,
) -> list[Claim] | Rest:
    """As :func:`claim_some`, one and slowly: a message that cannot be worked on is set aside."""
    active = _may_go_out(session, breaker, now, forwarder)
    if isinstance(active, Rest):
        return active
    allowed = _allowed(session, allowance, active, now, 1)
    if isinstance(allowed, Rest):
        return allowed
    for _ in range(AT_ONCE):
        row = _take_carefully(session, now, lease(active.mailer))
        if row is None:
            return Rest.EMPTY
        if isinstance(row, Trouble):
            continue
        work = partial(_claimed, session, breaker.runtime, active.mailer, row, now)
        claim = alone_in(session, work)
        if isinstance(claim, Trouble):
            set_aside(session, row.id, claim.reason, now)
        elif claim is not None:
            if allowance is not None:
                allowance.begun(session, now, 1)
            return [claim]
    return Rest.MOVING


def claim_next(
    session: Session, breaker: Breaker, now: datetime, forwarder: Forwarder | None = None
) -> Claim | Rest:
    """One message, as :func:`claim_some`."""
    taken = claim_some(session, breaker, now, forwarder)
    return taken if isinstance(taken, Rest) else taken[0]


@dataclass(frozen=True)
class _Open:
    mailer: ActiveMailer
    proven: bool


def _may_go_out(
    session: Session, breaker: Breaker, now: datetime, forwarder: Forwarder | None
) -> _Open | Rest:
    """What to send with, or why nothing is sent. Brings the queue into step with the breaker."""
    seen = breaker.look(session)
    if seen.may_send and not seen.proven:
        lock_probe(session)
        seen = breaker.look(session)
    if seen.paused:
        return Rest.MOVING if hold(session) else Rest.STOPPED
    if seen.held:
        release(session)
    if seen.active is None or not seen.may_send:
        return Rest.STOPPED
    if forwarder is not None:
        forwarder.look(session, seen, now)
    if not seen.proven and somebody_is_ahead(session, now):
        return Rest.PROBING
    return _Open(seen.active, seen.proven)


def _allowed(
    session: Session, allowance: Allowance | None, active: _Open, now: datetime, room: int
) -> int | Rest:
    """How many of ``room`` the relay allows now, or why none."""
    return room if allowance is None else allowance.room(session, active.mailer, now, room)


class Allowance(Protocol):
    """What the relay allows, see :class:`app.outbox.allowance.Allowance`."""

    def room(
        self, session: Session, active: ActiveMailer, now: datetime, wanted: int
    ) -> int | Rest:
        """How many of ``wanted`` may be claimed now, or why none."""

    def begun(self, session: Session, now: datetime, number: int) -> None:
        """So many were claimed."""


def lease(active: ActiveMailer) -> timedelta:
    """How long a claim holds."""
    session = active.relay.total if active.relay is not None else SESSION
    return min(timedelta(seconds=session + LEASE_MARGIN), LEASE_AT_MOST)


_ROW = MESSAGES.c
_READ = tuple(
    _ROW[name]
    for name in (
        *("id", "public_id", "kind", "lane", "label", "mail_from", "rcpt_to", "message_id"),
        *("sealed_bytes", "created_at", "due_at", "expires_at", "fence", "attempts", "forgiven"),
        *("set_aside_because", "stands_on", "correlation_id"),
    )
)


def _taking() -> Update:
    """Takes the oldest of one lane; in a query of its own, as PostgreSQL might otherwise look for
    them once for every row."""
    row = MESSAGES.alias()
    oldest = (
        select(row.c.id)
        .where(
            QUEUED,
            row.c.lane == bindparam("of_lane"),
            row.c.due_at <= bindparam("now", type_=UtcDateTime),
        )
        .order_by(row.c.due_at, row.c.id)
        .limit(bindparam("room"))
        .with_for_update(skip_locked=True)
        .cte("oldest")
    )
    return (
        update(MESSAGES)
        .where(_ROW.id.in_(select(oldest.c.id)))
        .values(state=State.SENDING, fence=_ROW.fence + 1, lease_until=bindparam("until"))
    )


# Built once: putting a statement together takes longer than SQLite needs to run it.
_TAKE, _TAKE_ID = _taking().returning(*_READ), _taking().returning(_ROW.id)


def _take(session: Session, now: datetime, held_for: timedelta, room: int) -> list[Row[Any]]:
    rows: list[Row[Any]] = []
    for lane in (EXPRESS, ORDINARY):
        which = {"of_lane": lane, "now": now, "until": now + held_for, "room": room - len(rows)}
        found = session.connection().execute(_TAKE, which).all()
        rows += sorted(found, key=lambda row: (row.due_at, row.id))
        if len(rows) >= room:
            break
    return rows


def _take_carefully(
    session: Session, now: datetime, held_for: timedelta
) -> Row[Any] | Trouble | None:
    """As :func:`_take`, when what the row holds may be such that it cannot even be read."""
    for lane in (EXPRESS, ORDINARY):
        which = {"of_lane": lane, "now": now, "until": now + held_for, "room": 1}
        taken = session.connection().execute(_TAKE_ID, which).scalar()
        if taken is not None:
            break
    else:
        return None
    row = alone(lambda: session.execute(select(*_READ).where(_ROW.id == taken)).one())
    if isinstance(row, Trouble):
        # Its moments may be what cannot be read, and then no page could show it either.
        readable: dict[str, Any] = {
            "created_at": now,
            "due_at": now,
            "expires_at": None,
            "attempts": 0,
        }
        set_aside(session, taken, row.reason, now, **readable)
    return row


def _claimed(
    session: Session,
    runtime: Runtime,
    active: ActiveMailer,
    row: Row[Any],
    now: datetime,
    standing: Mapping[str, bool] = _NOTHING_ASKED,
) -> Claim | None:
    """The claim on a row that was just taken, or ``None`` when it must not or cannot be sent.

    ``standing``: what was asked for several together, see :func:`_that_stand`.
    """
    if row.expires_at is not None and not alive(row.created_at, row.expires_at, now):
        _put_down(
            session,
            row.id,
            state=State.CANCELLED,
            ended_because=Ended.EXPIRED,
            finished_at=now,
            sealed_bytes=None,
        )
        return None
    if row.fence - row.attempts - row.forgiven > MANY_CLAIMS:
        until = kept_until(row.expires_at, now)
        reason = row.set_aside_because or NOBODY_CAME_BACK
        set_aside(session, row.id, reason, now, until=until, ended_because=Ended.GAVE_UP)
        return None
    if not _still_stands(session, runtime, row, now, standing):
        _put_down(
            session,
            row.id,
            state=State.CANCELLED,
            ended_because=Ended.WITHDRAWN,
            finished_at=now,
            sealed_bytes=None,
        )
        return None
    try:
        if row.sealed_bytes is None:
            raise SealBroken("a message that waits has no contents")
        content = runtime.box.open(row.sealed_bytes, OUTBOX_BYTES.place_in(row))
    except SealBroken as broken:
        if not _key_may_come_back(runtime, row.sealed_bytes):
            set_aside(session, row.id, UNREADABLE, now, until=kept_until(row.expires_at, now))
            return None
        log.error("message waits for its key: %s", broken)
        _put_down(
            session, row.id, state=State.QUEUED, due_at=now + UNREADABLE_FOR, fence=row.fence - 1
        )
        return None
    if row.mail_from != active.sender_address:
        content = _from_the_new_sender(session, runtime, active, row, content)
    return Claim(
        id=row.id,
        public_id=row.public_id,
        kind=row.kind,
        label=row.label,
        envelope=Envelope(active.sender_address, row.rcpt_to),
        message_id=row.message_id,
        content=content,
        fence=row.fence,
        attempts=row.attempts,
        expires_at=row.expires_at,
        active=active,
        forgiven=row.forgiven,
        lane=row.lane,
        correlation_id=row.correlation_id,
    )


def _from_the_new_sender(
    session: Session, runtime: Runtime, active: ActiveMailer, row: Row[Any], content: bytes
) -> bytes:
    """The message with the sender that is configured now, stored so for every later attempt.

    A relay that refuses the sender pauses all mail until another one is saved: what was queued
    before must go out from that one, or it would bring about the next pause.
    """
    changed = with_sender(content, name=active.sender_name, address=active.sender_address)
    place = OUTBOX_BYTES.place_in(row)
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == row.id)
        .values(
            mail_from=active.sender_address,
            sealed_bytes=runtime.box.seal(changed, place),
            size=len(changed),
        )
        .execution_options(synchronize_session=False)
    )
    return changed


def _that_stand(
    session: Session, runtime: Runtime, rows: Sequence[Row[Any]], now: datetime
) -> dict[str, bool]:
    """For what can be asked of several together: by ``stands_on``, whether it still holds."""
    asked: dict[str, list[str]] = {}
    for row in rows:
        kind, _, which = (row.stands_on or "").partition(":")
        if kind in runtime.still_stand:
            asked.setdefault(kind, []).append(which)
    found: dict[str, bool] = {}
    for kind, some in asked.items():
        holds = runtime.still_stand[kind](session, some, now)
        found.update({f"{kind}:{which}": which in holds for which in some})
    return found


def _still_stands(
    session: Session,
    runtime: Runtime,
    row: Row[Any],
    now: datetime,
    standing: Mapping[str, bool],
) -> bool:
    """Whether what the message says still holds. What was right when it was queued may have been
    revoked, used or taken away since; then it must not arrive."""
    if row.stands_on is None:
        return True
    if row.stands_on in standing:
        return standing[row.stands_on]
    kind, _, which = row.stands_on.partition(":")
    return runtime.still_stands[kind](session, which, now)


def _key_may_come_back(runtime: Runtime, sealed: str | None) -> bool:
    """Whether a body that does not open waits for a key. With its key at hand it is damaged."""
    if not sealed or sealed.count(":") < 2:
        return False
    return runtime.box.ring.find(runtime.box.key_id_of(sealed)) is None


def set_aside(
    session: Session,
    message_id: int,
    reason: str,
    now: datetime,
    *,
    until: datetime | None = None,
    **also: object,
) -> None:
    """End a message that cannot be worked on. It is failed mail with a reason, which a person
    may send again or cancel; ``until`` says how long its body stays."""
    log.error("a message is set aside: %s", reason, extra={"mail_id": message_id})
    values = {
        "state": State.FAILED,
        "ended_because": Ended.SET_ASIDE,
        "set_aside_because": reason,
        "finished_at": now,
        "bytes_until": until or now + KEEP_FAILED,
    }
    _put_down(session, message_id, **(values | also))


def _put_down(session: Session, message_id: int, **values: object) -> None:
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id)
        .values(lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )
