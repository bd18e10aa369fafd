"""Takes messages for sending, some at a time, committed before the network is touched.

Two workers must never hold the same message. On SQLite there is one writer at a time (``BEGIN
IMMEDIATE``); on PostgreSQL ``FOR UPDATE SKIP LOCKED`` lets every worker pick another row. A
claim carries a lease, after which the message is anybody's again, and a fence: the row counts
its claims, and only the newest may settle it. The lease outlasts the longest session, so a
message is in two hands only when a machine stood still in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Protocol

from sqlalchemy.orm import Session

from app.mailer.active import ActiveMailer
from app.outbox.aside import Trouble, alone_in
from app.outbox.breaker import (
    LEASE_AT_MOST,
    Breaker,
    Forwarder,
    hold,
    lock_probe,
    release,
    somebody_is_ahead,
)
from app.outbox.taken import Claim, claimed, set_aside, that_stand
from app.outbox.taking import take, take_carefully

LEASE_MARGIN = 30.0
"""Seconds of a lease beyond the time that a whole session may take."""

SESSION = 30.0
"""Seconds that a session may take where no relay sets the limit (console)."""

AT_ONCE = 200
"""Messages put down in one transaction, because they ran out or cannot be read."""


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
        rows = take(session, now, lease(active.mailer), allowed)
        if not rows:
            return Rest.EMPTY
        standing = that_stand(session, breaker.runtime, rows, now)
        box = breaker.runtime.box.for_many()
        made = [
            claimed(session, breaker.runtime, active.mailer, row, now, standing, box)
            for row in rows
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
        row = take_carefully(session, now, lease(active.mailer))
        if row is None:
            return Rest.EMPTY
        if isinstance(row, Trouble):
            continue
        work = partial(claimed, session, breaker.runtime, active.mailer, row, now)
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
