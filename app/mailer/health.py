"""How real sends fare. Each function is one conditional statement, so any number of workers may
report at once; the caller commits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, func, null, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.audit.log import record
from app.flights import Ready, Values, together
from app.mail.failures import Failure
from app.mailer.failure_columns import answer_in
from app.mailer.models import MailHealth
from app.mailer.versions import is_superseded
from app.web.context import Actor

log = logging.getLogger("novantra.mailer")

HEALTH_ID = 1
WORKER = Actor(None, "mail worker", None)

MANY_REFUSALS = 10
"""Mails refused for good in a row, to as many domains: ten strangers do not all move house at
once, so from then on they are failures of ours."""


def look(session: Session) -> MailHealth:
    """The health row, or an empty one that is not stored yet."""
    return session.get(MailHealth, HEALTH_ID) or MailHealth(id=HEALTH_ID, consecutive_failures=0)


def ensure(session: Session) -> None:
    """The row exists from here on, whoever else makes it at the same moment."""
    if session.scalar(select(MailHealth.id)) is not None:
        return
    insert = (
        postgres_insert(MailHealth)
        if session.get_bind().dialect.name == "postgresql"
        else sqlite_insert(MailHealth)
    )
    session.execute(
        insert.values(id=HEALTH_ID, consecutive_failures=0).on_conflict_do_nothing(
            index_elements=["id"]
        )
    )


def record_success(
    session: Session,
    *,
    now: datetime,
    kind: str,
    version: int | None,
    beside: Sequence[tuple[Ready, Values]] = (),
) -> None:
    """A relay took a real mail: failures in a row begin again at zero.

    ``version`` is the configuration's that it was sent with, here and below. ``beside`` goes in the
    same flight, after it.
    """
    told = _SUCCESS, {"at": now, "kind": kind[:40], "with_version": version}
    if not together(session.connection(), told, *beside)[0].changed:
        ensure(session)
        together(session.connection(), told)


_SUCCESS = Ready(
    update(cast(Table, MailHealth.__table__))
    .where(MailHealth.__table__.c.id == HEALTH_ID)
    .values(
        last_success_at=bindparam("at"),
        last_success_kind=bindparam("kind"),
        last_success_version=bindparam("with_version"),
        consecutive_failures=0,
        failing_since=null(),
        refusals_in_a_row=0,
        refusals_counted=0,
        refused_since=null(),
    )
)


def record_failure(
    session: Session, *, now: datetime, failure: Failure, version: int | None
) -> None:
    """One more real send failed in a row."""
    ensure(session)
    more = MailHealth.consecutive_failures + 1
    _fail(session, now, failure, version, consecutive_failures=more)


def record_refusal(
    session: Session,
    *,
    now: datetime,
    failure: Failure,
    version: int | None,
    domains_since: Callable[[datetime], int],
) -> None:
    """A relay refused one mail for good: its own trouble, unless it refuses them all.

    From :data:`MANY_REFUSALS` in a row on, to as many domains, each is a failure, those before
    included. ``domains_since`` counts the domains of mails refused since a moment.
    """
    ensure(session)
    health = MailHealth
    again = health.refusals_version == version
    row = session.execute(
        update(health)
        .where(health.id == HEALTH_ID)
        .values(
            refusals_in_a_row=case((again, health.refusals_in_a_row + 1), else_=1),
            refusals_counted=case((again, health.refusals_counted), else_=0),
            refused_since=case((again, func.coalesce(health.refused_since, now)), else_=now),
            refusals_version=version,
        )
        .returning(health.refusals_in_a_row, health.refusals_counted, health.refused_since)
        .execution_options(synchronize_session=False)
    ).one()
    if row.refusals_in_a_row < MANY_REFUSALS:
        return
    if not row.refusals_counted and domains_since(row.refused_since) < MANY_REFUSALS:
        return
    _fail(
        session,
        now,
        failure,
        version,
        consecutive_failures=health.consecutive_failures
        + health.refusals_in_a_row
        - health.refusals_counted,
        refusals_counted=health.refusals_in_a_row,
        failing_since=func.coalesce(health.failing_since, health.refused_since),
    )


def _fail(
    session: Session, now: datetime, failure: Failure, version: int | None, **values: Any
) -> None:
    session.execute(
        update(MailHealth)
        .where(MailHealth.id == HEALTH_ID)
        .values(
            {
                "failing_since": func.coalesce(MailHealth.failing_since, now),
                "last_failure_at": now,
                "last_failure_version": version,
                **answer_in("last_failure_", failure),
                **values,
            }
        )
        .execution_options(synchronize_session=False)
    )


def pause(session: Session, *, now: datetime, failure: Failure, version: int | None = None) -> bool:
    """Hold all mail until a person acts; says whether this call did it. Audited and logged once.

    ``version`` is the configuration's that failed: when another has been saved meanwhile, what
    failed is no longer what would be sent with, and nothing is paused.
    """
    ensure(session)
    if version is not None and is_superseded(session, version):
        return False
    paused = session.execute(
        update(MailHealth)
        .where(MailHealth.id == HEALTH_ID, MailHealth.paused_at.is_(None))
        .values(
            paused_at=now,
            **answer_in("pause_", failure),
            paused_by=None,
            pause_why=None,
        )
        .returning(MailHealth.id)
    ).first()
    if paused is None:
        return False
    _audit_pause(session, now, WORKER, code=failure.code.value)
    log.error("mail paused: %s at %s", failure.code, failure.phase)
    return True


def pause_by_hand(session: Session, *, now: datetime, actor: Actor, why: str = "") -> bool:
    """Hold all mail until somebody resumes; says whether this call did it. Audited.

    Works before mail is set up too: a restored copy can be silenced before its first start. A
    pause that the worker began is left as it is, because its cause is worth more.
    """
    ensure(session)
    paused = session.execute(
        update(MailHealth)
        .where(MailHealth.id == HEALTH_ID, MailHealth.paused_at.is_(None))
        .values(
            paused_at=now,
            **answer_in("pause_", None),
            paused_by=actor.label[:320],
            pause_why=why[:300] or None,
        )
        .returning(MailHealth.id)
    ).first()
    if paused is None:
        return False
    _audit_pause(session, now, actor, **({"why": why[:300]} if why else {}))
    log.warning("mail paused by hand")
    return True


def resume(session: Session, *, now: datetime, actor: Actor, because: str | None = None) -> bool:
    """Let mail go out again; says whether it was paused. Audited.

    ``because`` is a reason other than that somebody says so; it does not end a pause that
    somebody began by hand.
    """
    which = [MailHealth.id == HEALTH_ID, MailHealth.paused_at.is_not(None)]
    if because is not None:
        which.append(MailHealth.paused_by.is_(None))
    because = because or "by hand"
    resumed = session.execute(
        update(MailHealth)
        .where(*which)
        .values(
            paused_at=None,
            **answer_in("pause_", None),
            paused_by=None,
            pause_why=None,
            resumed_at=now,
        )
        .returning(MailHealth.id)
    ).first()
    if resumed is None:
        return False
    record(
        session,
        now=now,
        actor=actor,
        tag="mailer:resumed",
        target="mailer",
        changes={"state": {"old": "paused", "new": "configured"}, "because": because},
    )
    log.info("mail resumed: %s", because)
    return True


def _audit_pause(session: Session, now: datetime, actor: Actor, **more: str) -> None:
    record(
        session,
        now=now,
        actor=actor,
        tag="mailer:paused",
        target="mailer",
        changes={"state": {"old": "configured", "new": "paused"}, **more},
    )
