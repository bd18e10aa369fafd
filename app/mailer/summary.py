"""State and health of mail in one value, for the page, the notices and the commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g
from sqlalchemy.orm import Session

from app.mail.failures import Explanation, FailureCode
from app.mailer import health
from app.mailer.active import ActiveMailer, active_mailer
from app.mailer.models import MailHealth
from app.mailer.remedy import Remedy, for_pause, for_retries, for_test
from app.mailer.situations import context_of, explain_stored
from app.mailer.state import CONFIGURED, PAUSED, PENDING
from app.mailer.stored import stored
from app.mailer.verdict import result_of
from app.runtime import QueueSummary, Runtime, runtime
from app.web.context import db

GREYLISTING = timedelta(minutes=15)
"""How long servers commonly make an unknown sender wait (RFC 6647, section 2)."""


@dataclass(frozen=True)
class Summary:
    """``standing`` explains a pause, or the last failure while real sends keep failing.

    ``remedy`` and ``test_remedy`` say what to do about it on the mailer page. ``superseded``: the
    configuration was changed after the last failure, so that failure says nothing about it.
    """

    state: str
    active: ActiveMailer | None
    health: MailHealth
    queue: QueueSummary
    test_result: str
    standing: Explanation | None
    test_failure: Explanation | None
    keys_problem: str | None
    remedy: Remedy | None = None
    test_remedy: Remedy | None = None
    superseded: bool = False

    @property
    def failing(self) -> bool:
        failures = self.health.consecutive_failures
        return self.state == CONFIGURED and failures > 0 and not self.superseded

    @property
    def healthy(self) -> bool:
        """Whether real sends get through as far as anybody knows; tests have no say in it."""
        keyless = self.active is not None and self.active.problem is not None
        return self.state == CONFIGURED and not self.failing and not keyless

    def alarming(self, now: datetime) -> bool:
        """Failing, and not merely because a recipient's server wants to be asked again, as
        greylisting does with every first mail. That is over within minutes, or it is more."""
        health = self.health
        later = health.last_failure_code == FailureCode.RECIPIENT_TEMPORARY
        since = health.failing_since or now
        return self.failing and not (later and now - since < GREYLISTING)

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
            return "warn", "Failing, trying again"
        if self.superseded and self.health.consecutive_failures:
            return "warn", "Changed, trying again"
        if self.active is not None and self.active.provider == "console":
            return "warn", "Development only"
        if self.health.last_success_at is not None:
            return "good", "Sending normally"
        return {
            "succeeded": ("good", "Tested, ready to send"),
            "failed": ("bad", "The test failed"),
        }.get(self.test_result, ("quiet", "Set up, nothing sent yet"))


def summarise(session: Session, runtime: Runtime) -> Summary:
    """Reads everything there is to say about mail."""
    active = active_mailer(session, runtime)
    found = health.look(session)
    state = PENDING if active is None else PAUSED if found.paused_at else CONFIGURED
    row = None if runtime.config.is_cloud else stored(session)
    region = row.region if row else None
    context = context_of(active, region=region)
    failed_at = found.last_failure_at
    superseded = bool(row and failed_at and row.updated_at > failed_at)
    standing = remedy = failure = test_remedy = None
    if state == PAUSED:
        standing = explain_stored(found.pause_code, context)
        remedy = for_pause(standing, context) if standing else None
    elif state == CONFIGURED and found.consecutive_failures and not superseded:
        standing = explain_stored(found.last_failure_code, context)
        remedy = for_retries(standing, context) if standing else None
    result = result_of(found, active.version if active else None)
    if result == "failed":
        tested = context_of(active, recipient=found.last_test_to, region=region)
        failure = explain_stored(found.last_test_code, tested)
        test_remedy = for_test(failure, tested) if failure else None
    return Summary(
        state=state,
        active=active,
        health=found,
        queue=runtime.queue_summary(session),
        test_result=result,
        standing=standing,
        test_failure=failure,
        keys_problem=runtime.box.ring.problem,
        remedy=remedy,
        test_remedy=test_remedy,
        superseded=superseded,
    )


def current_summary() -> Summary:
    """The summary for the page of this request; the navigation and the notices ask as well."""
    if "mail_summary" not in g:
        g.mail_summary = summarise(db(), runtime())
    found = g.mail_summary
    assert isinstance(found, Summary)
    return found
