"""What became of the last test mail, kept apart from how real sends fare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mailer.health import HEALTH_ID, ensure
from app.mailer.models import MailHealth


@dataclass(frozen=True)
class Outcome:
    """A test mail's end: sent, or failed with a code. ``ms`` is how long it took.

    ``offered``: the known login mechanisms of a relay that has none of ours.
    """

    ms: int
    code: FailureCode | None = None
    phase: Phase | None = None
    reply_code: int | None = None
    enhanced: str | None = None
    offered: tuple[str, ...] | None = None

    @property
    def passed(self) -> bool:
        return self.code is None


def record_test(
    session: Session, *, now: datetime, to: str, version: int, outcome: Outcome
) -> None:
    """Keep a test's outcome. Touches nothing that real sends are judged by; the caller commits."""
    ensure(session)
    values: dict[str, object] = {
        "last_test_at": now,
        "last_test_to": to[:320],
        "last_test_version": version,
        "last_test_code": outcome.code.value if outcome.code else None,
        "last_test_phase": outcome.phase.value if outcome.phase else None,
        "last_test_reply_code": outcome.reply_code,
        "last_test_enhanced_code": outcome.enhanced,
        "last_test_ms": outcome.ms,
    }
    if outcome.passed:
        values["last_test_passed_at"] = now
    session.execute(update(MailHealth).where(MailHealth.id == HEALTH_ID).values(**values))


def result_of(health: MailHealth, version: int | None) -> str:
    """``never``, ``succeeded``, ``failed``, or ``stale`` once the configuration has changed."""
    if health.last_test_at is None:
        return "never"
    if health.last_test_version != version:
        return "stale"
    return "failed" if health.last_test_code else "succeeded"
