"""State and health of mail in one value, for the page, the notices and the commands."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g
from sqlalchemy.orm import Session

from app.mail.failures import Explanation
from app.mailer import health
from app.mailer.active import ActiveMailer, active_mailer
from app.mailer.models import MailHealth
from app.mailer.situations import context_of, explain_stored
from app.mailer.state import CONFIGURED, PAUSED, PENDING
from app.mailer.stored import stored
from app.mailer.verdict import result_of
from app.runtime import QueueSummary, Runtime, runtime
from app.web.context import db


@dataclass(frozen=True)
class Summary:
    """``standing`` explains a pause, or the last failure while real sends keep failing."""

    state: str
    active: ActiveMailer | None
    health: MailHealth
    queue: QueueSummary
    test_result: str
    standing: Explanation | None
    test_failure: Explanation | None
    keys_problem: str | None

    @property
    def failing(self) -> bool:
        return self.state == CONFIGURED and self.health.consecutive_failures > 0

    @property
    def pill(self) -> tuple[str, str]:
        """Level and words for the state."""
        if self.state == PENDING:
            return "warn", "Not set up"
        if self.state == PAUSED:
            return "bad", "Paused"
        if self.active is not None and self.active.problem:
            return "bad", "Held: keys missing"
        if self.failing:
            return "bad", "Failing"
        if self.active is not None and self.active.provider == "console":
            return "warn", "Development only"
        if self.health.last_success_at is None and self.test_result != "succeeded":
            return "quiet", "Set up, nothing sent yet"
        return "good", "Sending normally"


def summarise(session: Session, runtime: Runtime) -> Summary:
    """Reads everything there is to say about mail."""
    active = active_mailer(session, runtime)
    found = health.look(session)
    state = PENDING if active is None else PAUSED if found.paused_at else CONFIGURED
    row = None if runtime.config.is_cloud else stored(session)
    region = row.region if row else None
    context = context_of(active, region=region)
    standing = None
    if state == PAUSED:
        standing = explain_stored(found.pause_code, context)
    elif state == CONFIGURED and found.consecutive_failures:
        standing = explain_stored(found.last_failure_code, context)
    result = result_of(found, active.version if active else None)
    tested = context_of(active, recipient=found.last_test_to, region=region)
    return Summary(
        state=state,
        active=active,
        health=found,
        queue=runtime.queue_summary(session),
        test_result=result,
        standing=standing,
        test_failure=explain_stored(found.last_test_code, tested) if result == "failed" else None,
        keys_problem=runtime.box.ring.problem,
    )


def current_summary() -> Summary:
    """The summary for the page of this request; the navigation and the notices ask as well."""
    if "mail_summary" not in g:
        g.mail_summary = summarise(db(), runtime())
    found = g.mail_summary
    assert isinstance(found, Summary)
    return found
