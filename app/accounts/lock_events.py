"""Writes a lock into the audit log, and bounds how much of it visitors can fill.

Anybody can lock any address with five wrong passwords, and what the log says stays for good. So
one address, one network and all visitors together make so many events in a day; the last of them
says that more locks follow without one. Addresses that somebody has are counted apart, so that
made-up ones cannot use up what is kept for them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app import throttle
from app.audit.log import record
from app.mail.addresses import Address
from app.web.context import Actor

DAY = timedelta(hours=24)
PER_ADDRESS = 5
PER_CLIENT = 20
FOR_ALL = 200

PURPOSE = "lock-event"


def record_lock(
    session: Session,
    *,
    address: Address,
    subject: str,
    known: bool,
    ip: str,
    until: datetime,
    now: datetime,
) -> None:
    """``subject`` is whose lock it is as throttles count it; ``known`` whether somebody has the
    address."""
    everybody = throttle.subject_of("locks", "of people" if known else "of nobody")
    limits = (
        (throttle.Limit(PURPOSE, PER_ADDRESS, DAY), subject),
        (throttle.Limit(PURPOSE, PER_CLIENT, DAY), throttle.subject_of_client(ip)),
        (throttle.Limit(PURPOSE, FOR_ALL, DAY), everybody),
    )
    left = min(throttle.left(session, limit, whose, now) for limit, whose in limits)
    if not left:
        return
    try:
        for limit, whose in limits:
            throttle.take(session, limit, whose, now)
    except throttle.TooMany:
        return  # somebody else took the last place since the look
    changes: dict[str, object] = {
        "locked_until": {"old": None, "new": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
    }
    if left == 1:
        changes["further_locks"] = "not recorded one by one for up to 24 hours"
    record(
        session,
        now=now,
        actor=Actor(None, "anonymous", ip),
        tag="login:locked",
        target=address.text,
        changes=changes,
    )
