"""Moments in mails, as somebody would say them: "11:12 UTC on 22 November 2026"."""

from __future__ import annotations

from datetime import UTC, datetime


def clock(moment: datetime) -> str:
    """An aware moment in words. UTC, because nobody knows the zone of whoever reads the mail."""
    utc = moment.astimezone(UTC)
    return f"{utc:%H:%M} UTC on {utc.day} {utc:%B %Y}"
