"""The install's numbers as Prometheus text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.mailer.models import MailHealth
from app.mailer.state import mail_state
from app.outbox.models import OutboxAttempt, OutboxMessage
from app.runtime import runtime

__all__ = ["CONTENT_TYPE", "render"]

STATES = ("queued", "sending", "sent", "failed", "held", "cancelled")


def render(session: Session) -> bytes:
    """Read from the database at each scrape, so every process tells the same."""
    registry = CollectorRegistry()
    messages = Gauge("novantra_outbox_messages", "Messages by state", ["state"], registry=registry)
    counted = dict(
        session.execute(
            select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
        ).all()
    )
    for name in STATES:
        messages.labels(name).set(counted.get(name, 0))
    attempts = Gauge(
        "novantra_outbox_failed_attempts",
        "Failed attempts on record by failure code",
        ["code"],
        registry=registry,
    )
    for code, number in session.execute(
        select(OutboxAttempt.code, func.count())
        .where(OutboxAttempt.code.is_not(None))
        .group_by(OutboxAttempt.code)
    ):
        attempts.labels(code).set(number)
    state = Gauge("novantra_mail_state", "1 for the state mail is in", ["state"], registry=registry)
    current = mail_state(session, runtime())
    for name in ("pending", "configured", "paused"):
        state.labels(name).set(name == current)
    health = session.get(MailHealth, 1)
    failures = Gauge(
        "novantra_mail_consecutive_failures", "Real sends failed in a row", registry=registry
    )
    failures.set(health.consecutive_failures if health else 0)
    success = Gauge(
        "novantra_mail_last_success_timestamp_seconds",
        "When a real mail was last accepted, Unix time, 0 for never",
        registry=registry,
    )
    last = health.last_success_at if health else None
    success.set(last.timestamp() if last else 0)
    return generate_latest(registry)
