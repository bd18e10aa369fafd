"""The canary: when nothing was sent for an hour, Novantra connects and logs in, and sends nothing.

A relay that is gone, a password that was changed and a token that ran out are found before a person
waits for a mail. What it finds is told beside how real mail fares and never counts as real mail.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.audit.log import record
from app.counters import count
from app.mail.failures import Disposition, Failure, disposition_of
from app.mail.smtp.probe import log_in_only
from app.mail.transport import TransportError
from app.mailer.active import ActiveMailer, active_mailer
from app.mailer.failure_columns import answer_in
from app.mailer.health import look as health_of
from app.mailer.models import MailCanary, MailHealth
from app.mailer.trials import keep_look
from app.moments import happened_since, sql_not_after, within
from app.runtime import Runtime
from app.web.context import Actor

EVERY = timedelta(hours=1)
"""After the last sign of the relay, whoever got it."""

SOON = timedelta(minutes=5)
"""After a first failure: most of them pass, and one alone is told nobody."""

SELDOM = timedelta(hours=24)
"""After one that a person must mend: a wrong password tried every hour would lock the account."""

LEASE = timedelta(minutes=5)
"""More than a look can take, whatever timeout is configured."""

TOLD_FROM = 2
"""Failures in a row from which it is told. One that a person must mend is told at once."""


@dataclass(frozen=True)
class Look:
    """What a look came to: nothing is wrong, or a failure."""

    version: int
    failure: Failure | None
    ms: int


def row_of(session: Session) -> MailCanary:
    """The row, or an empty one that is not stored yet."""
    return session.get(MailCanary, 1) or MailCanary(id=1, enabled=True, failures=0)


def ensure(session: Session) -> None:
    """The row exists from here on, whoever else makes it at the same moment."""
    insert = (
        postgres_insert(MailCanary)
        if session.get_bind().dialect.name == "postgresql"
        else sqlite_insert(MailCanary)
    )
    session.execute(insert.values(id=1).on_conflict_do_nothing(index_elements=["id"]))


def change(
    session: Session, *, enabled: bool, mail_to: str | None, now: datetime, actor: Actor
) -> None:
    """Store what is wanted and audit it; the caller commits. Another address gets its mail soon."""
    ensure(session)
    row = session.get_one(MailCanary, 1, populate_existing=True, with_for_update=True)
    wanted = {"enabled": enabled, "mail_to": mail_to}
    changes = {
        name: {"old": getattr(row, name), "new": value}
        for name, value in wanted.items()
        if getattr(row, name) != value
    }
    if not changes:
        return
    if "mail_to" in changes:
        row.mail_at = None
    row.enabled, row.mail_to = enabled, mail_to
    session.flush()
    record(
        session, now=now, actor=actor, tag="mailer:canary-changed", target="canary", changes=changes
    )


def watches(active: ActiveMailer | None, health: MailHealth, row: MailCanary) -> bool:
    """Whether there is a relay that may be asked at all."""
    return (
        row.enabled
        and active is not None
        and active.relay is not None
        and active.problem is None
        and health.paused_at is None
        and (active.relay.tokens is None or active.relay.tokens.ready)
    )


def is_due(active: ActiveMailer | None, health: MailHealth, row: MailCanary, now: datetime) -> bool:
    """Whether it is time to look. Never while mail is paused."""
    if active is None or not watches(active, health, row):
        return False
    same = row.version == active.version
    if same and row.code is not None and _recent(row.at, health, now) is row.at:
        final = row.failure is not None and disposition_of(row.failure.code) is Disposition.PAUSE
        resumed = happened_since(health.resumed_at, row.at, now) if row.at else False
        if final and not resumed:
            return not within(row.at, now, SELDOM)
        return not within(row.at, now, SOON if row.failures < TOLD_FROM else EVERY)
    return not within(_recent(row.at, health, now), now, EVERY)


def _recent(at: datetime | None, health: MailHealth, now: datetime) -> datetime | None:
    """The newest moment at which the relay was spoken to."""
    heard = (at, health.last_success_at, health.last_failure_at, health.last_test_at)
    return max((moment for moment in heard if moment and moment <= now), default=None)


def run(runtime: Runtime) -> bool:
    """Look if it is time and nobody else does; whether a look was made."""
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
        if not is_due(active, health_of(session), row_of(session), runtime.now()):
            return False
    claimed = _claim(runtime)
    if claimed is None or active is None or active.relay is None:
        return False
    began = time.monotonic()
    failure = None
    try:
        log_in_only(active.relay)
    except TransportError as error:
        failure = error.failure
    took = round((time.monotonic() - began) * 1000)
    with runtime.database.transaction() as session:
        _record(session, claimed, Look(active.version, failure, took), runtime.now())
    return True


def _claim(runtime: Runtime) -> datetime | None:
    """Whether it is time is asked with the row held: another's look, from first to last, may lie
    between a question without it and the claim."""
    now = runtime.now()
    with runtime.database.transaction() as session:
        ensure(session)
        free = or_(
            MailCanary.lease_until.is_(None), sql_not_after(MailCanary.lease_until, now, LEASE)
        )
        row = session.get(MailCanary, 1, populate_existing=True, with_for_update=True)
        if row is None or not is_due(active_mailer(session, runtime), health_of(session), row, now):
            return None
        taken = session.execute(
            update(MailCanary)
            .where(MailCanary.id == 1, free)
            .values(lease_until=now + LEASE)
            .returning(MailCanary.lease_until)
            .execution_options(synchronize_session=False)
        ).first()
    return None if taken is None else now + LEASE


def _record(session: Session, claimed: datetime, look: Look, now: datetime) -> None:
    """Unless somebody else has looked since."""
    row = session.get(MailCanary, 1, populate_existing=True, with_for_update=True)
    if row is None or row.lease_until != claimed:
        return
    again = row.version == look.version and row.failures
    values: dict[str, Any] = {
        "lease_until": None,
        "at": now,
        "version": look.version,
        "milliseconds": look.ms,
        **answer_in("", look.failure),
    }
    if look.failure is None:
        values |= {"failures": 0, "failing_since": None, "passed_at": now}
    else:
        values |= {
            "failures": row.failures + 1 if again else 1,
            "failing_since": row.failing_since if again else now,
        }
    session.execute(
        update(MailCanary)
        .where(MailCanary.id == 1)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    keep_look(session, now=now, version=look.version, ms=look.ms, failure=look.failure)
    outcome = look.failure.code.value if look.failure else "passed"
    count(session, "canaries", {"outcome": outcome}, milliseconds=look.ms)
