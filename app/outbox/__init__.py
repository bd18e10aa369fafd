"""Mail as rows: queued with the decision that caused it, carried out by a worker."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from app.runtime import EXTENSION, Perishable, QueueSummary, Runtime


def init_app(app: Flask) -> None:
    """Wake workers, count the queue and, where people run their own mail, show the activity."""
    from app.outbox import ended, impact
    from app.outbox.aside import set_aside_messages
    from app.outbox.canary import STANDS, CanaryThread, still_wanted
    from app.outbox.models import OutboxMessage
    from app.outbox.summary import summarize
    from app.outbox.wakeup import Waker
    from app.redating import Redating

    runtime: Runtime = app.extensions[EXTENSION]
    runtime.wake_worker = Waker(runtime.database)

    def summary(session: Session) -> QueueSummary:
        return summarize(session, runtime)

    runtime.queue_summary = summary
    runtime.impact = lambda session, since: impact.impact(session, runtime, since)
    runtime.renewable = lambda session: impact.renewable(session, runtime)
    runtime.renew_expired = lambda session, mails, actor: impact.renew(
        session, runtime, mails, actor
    )
    runtime.delivering_companions.append(CanaryThread)
    runtime.still_stands[STANDS] = still_wanted
    runtime.set_aside["messages"] = set_aside_messages
    runtime.chores[:0] = [Redating(), ended.Counting()]
    runtime.outdated.append(ended.outdated)
    runtime.perishable.append(
        Perishable(OutboxMessage, OutboxMessage.created_at, OutboxMessage.expires_at)
    )
    if not runtime.config.is_cloud:
        from app.outbox import over_time_views, views
        from app.web.navigation import navigation

        app.register_blueprint(over_time_views.blueprint)
        navigation(app).system_entries.append((views.NAVIGATION_ORDER, views.navigation_entry))
