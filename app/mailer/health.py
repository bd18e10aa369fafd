"""How real sends fare. Each function is one conditional statement, so any number of workers may
report at once; the caller commits."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.audit.log import record
from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mailer.models import MailerConfiguration, MailHealth
from app.web.context import Actor

log = logging.getLogger("novantra.mailer")

HEALTH_ID = 1
WORKER = Actor(None, "mail worker", None)


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


def record_success(session: Session, *, now: datetime, kind: str) -> None:
    """A relay took a real mail: failures in a row begin again at zero."""
    ensure(session)
    session.execute(
        update(MailHealth)
        .where(MailHealth.id == HEALTH_ID)
        .values(
            last_success_at=now,
            last_success_kind=kind[:40],
            consecutive_failures=0,
            failing_since=None,
        )
    )


def record_failure(
    session: Session,
    *,
    now: datetime,
    code: FailureCode,
    phase: Phase,
    reply_code: int | None = None,
    enhanced: str | None = None,
) -> None:
    """One more real send failed in a row."""
    ensure(session)
    session.execute(
        update(MailHealth)
        .where(MailHealth.id == HEALTH_ID)
        .values(
            consecutive_failures=MailHealth.consecutive_failures + 1,
            failing_since=func.coalesce(MailHealth.failing_since, now),
            last_failure_at=now,
            last_failure_code=code.value,
        )
    )


def pause(
    session: Session,
    *,
    now: datetime,
    code: FailureCode,
    phase: Phase,
    reply_code: int | None = None,
    enhanced: str | None = None,
    version: int | None = None,
) -> bool:
    """Hold all mail until a person acts; says whether this call did it. Audited and logged once.

    ``version`` is the configuration's that failed: when another has been saved meanwhile, what
    failed is no longer what would be sent with, and nothing is paused.
    """
    ensure(session)
    if version is not None and _superseded(session, version):
        return False
    paused = session.execute(
        update(MailHealth)
        .where(MailHealth.id == HEALTH_ID, MailHealth.paused_at.is_(None))
        .values(
            paused_at=now,
            pause_code=code.value,
            pause_phase=phase.value,
            pause_reply_code=reply_code,
            pause_enhanced_code=enhanced,
        )
        .returning(MailHealth.id)
    ).first()
    if paused is None:
        return False
    record(
        session,
        now=now,
        actor=WORKER,
        tag="mailer:paused",
        target="mailer",
        changes={"state": {"old": "configured", "new": "paused"}, "code": code.value},
    )
    log.error("mail paused: %s at %s", code, phase)
    return True


def resume(session: Session, *, now: datetime, actor: Actor, because: str = "by hand") -> bool:
    """Let mail go out again; says whether it was paused. Audited."""
    resumed = session.execute(
        update(MailHealth)
        .where(MailHealth.id == HEALTH_ID, MailHealth.paused_at.is_not(None))
        .values(
            paused_at=None,
            pause_code=None,
            pause_phase=None,
            pause_reply_code=None,
            pause_enhanced_code=None,
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


def _superseded(session: Session, version: int) -> bool:
    current = session.scalar(select(MailerConfiguration.version))
    return current is not None and current != version
