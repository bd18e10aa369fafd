"""Whether a test mail arrived, which only a person can tell: the relay took it, and what became of
it after that no program hears.

The mail carries a phrase, so that nobody takes an older one for it.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.audit.log import record
from app.mailer.health import HEALTH_ID
from app.mailer.models import MailHealth
from app.mailer.trials import keep_answer
from app.web.context import Actor

_HOW = (
    *("amber", "brave", "calm", "clear", "copper", "early", "gentle", "golden", "green", "happy"),
    *("hidden", "little", "lucky", "mild", "new", "open", "quiet", "red", "silver", "slow"),
    *("small", "steady", "sunny", "swift", "tall", "warm", "white", "wide", "wild", "young"),
)
_WHAT = (
    *("apple", "bay", "bridge", "brook", "candle", "cedar", "cloud", "field", "forest", "garden"),
    *("harbour", "hill", "island", "lake", "lamp", "lantern", "maple", "meadow", "moon", "orchard"),
    *("pebble", "pine", "river", "road", "shore", "star", "stone", "summer", "tower", "valley"),
)


def new_phrase() -> str:
    """Two words, one of 900 pairs: it tells mails apart and protects nothing."""
    return f"{secrets.choice(_HOW)} {secrets.choice(_WHAT)}"


def answer(session: Session, *, phrase: str, arrived: bool, now: datetime, actor: Actor) -> bool:
    """Keep what somebody says of the test with that phrase; ``False`` when it is not the last one
    any more, or was answered before. Audited; the caller commits."""
    answered = session.execute(
        update(MailHealth)
        .where(
            MailHealth.id == HEALTH_ID,
            MailHealth.last_test_phrase == phrase,
            MailHealth.last_test_code.is_(None),
            MailHealth.last_test_answered_at.is_(None),
        )
        .values(last_test_arrived=arrived, last_test_answered_at=now)
        .returning(MailHealth.last_test_at)
    ).first()
    if answered is None:
        return False
    keep_answer(session, phrase=phrase, arrived=arrived, now=now)
    record(
        session,
        now=now,
        actor=actor,
        tag="mailer:test_answered",
        target="mailer",
        changes={"arrived": "yes" if arrived else "no"},
    )
    return True
