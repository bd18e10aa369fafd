"""What the canary found in the last days: its looks at the relay, and what became of the daily
mail."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mailer.models import MailTrial
from app.mailer.trials import LOOK
from app.outbox.canary import KIND
from app.outbox.models import OutboxMessage, State

DAYS = 30
MOST_LOOKS = 4_000
"""One in ten minutes for a month: more than the canary makes."""


@dataclass
class CanaryDay:
    """A day of somebody's calendar. ``codes``: what its looks failed with, each once."""

    day: date
    milliseconds: list[int] = field(default_factory=list)
    failed: int = 0
    codes: list[str] = field(default_factory=list)
    mails: list[OutboxMessage] = field(default_factory=list)

    @property
    def looks(self) -> int:
        return len(self.milliseconds) + self.failed

    @property
    def usually(self) -> int | None:
        """Milliseconds of the look in the middle of those that passed."""
        return round(statistics.median(self.milliseconds)) if self.milliseconds else None


def canary_days(session: Session, now: datetime, zone: ZoneInfo) -> list[CanaryDay]:
    """Days on which it did something, the newest first."""
    oldest = now.astimezone(zone).date() - timedelta(days=DAYS - 1)
    since = datetime.combine(oldest, time.min, zone).astimezone(UTC)
    found: dict[date, CanaryDay] = {}

    def day_of(moment: datetime) -> CanaryDay:
        day = moment.astimezone(zone).date()
        return found.setdefault(day, CanaryDay(day))

    for at, code, took in _looks(session, since):
        day = day_of(at)
        if code is None:
            day.milliseconds.append(took)
            continue
        day.failed += 1
        if code not in day.codes:
            day.codes.append(code)
    for mail in _mails(session, since):
        day_of(mail.created_at).mails.append(mail)
    return sorted(found.values(), key=lambda day: day.day, reverse=True)


def outcome_of(mail: OutboxMessage) -> str:
    """``taken after 2.1 s``, or why not."""
    if mail.state == State.SENT and mail.sent_at is not None:
        took = max((mail.sent_at - mail.created_at).total_seconds(), 0)
        return f"taken after {took:.1f} s" if took < 60 else f"taken after {took / 60:.0f} min"
    if mail.state in {State.QUEUED, State.SENDING, State.HELD}:
        return "waits"
    return f"not taken ({mail.last_code})" if mail.last_code else "not taken"


def _looks(session: Session, since: datetime) -> Iterable[tuple[datetime, str | None, int]]:
    row = MailTrial
    query = select(row.at, row.code, row.milliseconds).where(row.what == LOOK, row.at >= since)
    found = session.execute(query.order_by(row.id.desc()).limit(MOST_LOOKS))
    return ((at, code, took) for at, code, took in found)


def _mails(session: Session, since: datetime) -> Iterable[OutboxMessage]:
    row = OutboxMessage
    query = select(row).where(row.kind == KIND).order_by(row.id.desc()).limit(2 * DAYS)
    return (mail for mail in session.scalars(query) if mail.created_at >= since)
