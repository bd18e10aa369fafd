"""This machine's clock against those of the others that mail depends on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.database import utcnow
from app.doctor.line import Line, ok, todo
from app.outbox.heartbeats import AHEAD

ROUGH = timedelta(seconds=60)
"""How far a clock on the network may differ that says no more than seconds, some time ago."""

_CURE = "Set the clock by NTP (timedatectl status says whether it is)."
# RFC 5322, section 3.3, as Exim and Exchange write it into their greeting.
_DATE = re.compile(r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")


def against_database(session: Session) -> Line | None:
    """PostgreSQL has a clock of its own. ``None`` for SQLite, which has ours."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    before = utcnow()
    theirs = session.scalar(text("SELECT clock_timestamp()"))
    after = utcnow()
    if not isinstance(theirs, datetime):
        return None
    apart = theirs - (before + (after - before) / 2)
    return _compared("the database server's", apart, AHEAD)


def against_the_past(session: Session, now: datetime) -> Line | None:
    """Something that was noted at a time which has not come yet."""
    newest = session.scalar(select(func.max(AuditEvent.at)))
    if newest is None or newest <= now + AHEAD:
        return None
    return todo(
        "Clock",
        f"The newest event in the audit log is of {newest:%Y-%m-%d %H:%M:%S} UTC, which has not"
        " come yet: this clock goes behind, or went ahead once.",
        _CURE,
    )


def against_relay(transcript: str, now: datetime) -> Line | None:
    """The time that some relays write into their greeting. ``None`` for the others."""
    greeting = next((line for line in transcript.splitlines() if line.startswith("S: 220")), "")
    found = _DATE.search(greeting)
    if found is None:
        return None
    try:
        theirs = parsedate_to_datetime(found[0]).astimezone(UTC)
    except ValueError:
        return None
    return _compared("the relay's", theirs - now, ROUGH)


def against_proxy(theirs: datetime | None, now: datetime) -> Line | None:
    """The ``Date`` of what answers at the access URL."""
    return None if theirs is None else _compared("the access URL's", theirs - now, ROUGH)


def _compared(whose: str, apart: timedelta, most: timedelta) -> Line:
    seconds = apart.total_seconds()
    if abs(apart) > most:
        way = "ahead of" if seconds > 0 else "behind"
        return todo(
            "Clock",
            f"{whose[0].upper()}{whose[1:]} clock is {abs(seconds):.0f} s {way} ours.",
            _CURE,
        )
    return ok("Clock", f"Within {most.seconds} s of {whose}.")


def lines(found: Iterator[Line | None]) -> list[Line]:
    """One line when all agree, else what differs."""
    seen = [line for line in found if line is not None]
    wrong = [line for line in seen if line.state != "ok"]
    if wrong:
        return wrong
    if not seen:
        return [ok("Clock", "Nothing contradicts it; nobody here has another one to compare with.")]
    return [ok("Clock", " ".join(line.text for line in seen))]
