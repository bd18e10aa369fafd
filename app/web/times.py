"""Times in words."""

from __future__ import annotations

from datetime import UTC, datetime


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Replaced by the design room."""
    return exact(moment)


def exact(moment: datetime) -> str:
    """The exact time with its zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
