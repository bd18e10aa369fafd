"""The install's numbers as Prometheus text."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.alerts.incidents import open_incidents
from app.alerts.models import AlertIncident
from app.mailer.active import CONFIGURED, PAUSED, PENDING
from app.mailer.canary import row_of
from app.mailer.current_health import Health
from app.mailer.mail_facts import Keys
from app.mailer.summary import Summary, summarise
from app.mailer.tokens.status import TokenState
from app.outbox.models import OutboxAttempt, OutboxMessage
from app.runtime import runtime
from app.system.counted import Counted

__all__ = ["CONTENT_TYPE", "render"]

STATES_OF_MAIL = (PENDING, CONFIGURED, PAUSED)
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
    _tell_mail(registry, summarise(session, runtime()))
    _tell_canary(registry, session)
    registry.register(Counted(session))
    return generate_latest(registry)


def _tell_canary(registry: CollectorRegistry, session: Session) -> None:
    """The look at the relay, and what alerts call an incident."""
    look = row_of(session)
    for name, text, value in (
        (
            "canary_last_look_timestamp_seconds",
            "When the relay was looked at last, Unix time, 0 for never",
            look.at.timestamp() if look.at else 0,
        ),
        ("canary_failures", "Failed looks at the relay in a row", look.failures or 0),
        ("alert_open_incidents", "What is wrong now and was told", len(_incidents(session))),
    ):
        Gauge(f"novantra_{name}", text, registry=registry).set(value)


def _incidents(session: Session) -> list[AlertIncident]:
    return [incident for incident in open_incidents(session) if incident.told]


def _tell_mail(registry: CollectorRegistry, summary: Summary) -> None:
    """How mail is, in the words and numbers of the pages."""
    record, queue, now = summary.health, summary.queue, runtime().now()
    _one_of(registry, "state", "the state mail is in", STATES_OF_MAIL, summary.state)
    _one_of(registry, "health", "how mail is", list(Health), summary.mail.health)
    _one_of(registry, "keys", "whether stored secrets open", list(Keys), summary.mail.keys)
    _one_of(
        registry,
        "token",
        "how logging in with a token stands",
        list(TokenState),
        summary.token.state,
    )
    due = (now - queue.due_since).total_seconds() if queue.due_since else 0
    success = record.last_success_at
    for name, text, value in (
        ("consecutive_failures", "Real sends failed in a row", record.consecutive_failures or 0),
        (
            "last_success_timestamp_seconds",
            "When a real mail was last accepted, Unix time, 0 for never",
            success.timestamp() if success else 0,
        ),
        ("held", "1 while new mail waits until somebody acts", int(summary.mail.held)),
        ("waiting", "Mails waiting to be sent, promised ones included", queue.waiting),
        ("promised", "Mails promised and not made yet", queue.promised),
        ("due", "Mails that could be sent now", queue.due),
        ("oldest_due_age_seconds", "How long the oldest of them is due", max(0, due)),
        ("set_aside", "Items that could not be worked on", sum(queue.set_aside.values())),
        (
            "token_ends_timestamp_seconds",
            "When the client secret or the certificate ends, Unix time, 0 for not known",
            summary.token.ends.timestamp() if summary.token.ends else 0,
        ),
        ("workers", "Processes that deliver, by their signs of life", len(queue.workers)),
    ):
        Gauge(f"novantra_mail_{name}", text, registry=registry).set(value)
    beats = Gauge(
        "novantra_mail_worker_heartbeat_timestamp_seconds",
        "Last sign of life of each process that delivers, Unix time",
        ["host", "pid", "process"],
        registry=registry,
    )
    for worker in queue.workers:
        labels = beats.labels(worker.host, str(worker.pid), worker.process)
        labels.set(worker.seen_at.timestamp())


def _one_of(
    registry: CollectorRegistry, name: str, text: str, words: Sequence[str], current: str
) -> None:
    gauge = Gauge(f"novantra_mail_{name}", f"1 for {text}", [name], registry=registry)
    for word in words:
        gauge.labels(str(word)).set(word == current)
