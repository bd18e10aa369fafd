"""Days in the filters of pages: those of whoever looks, from the beginning of ``since`` to the end
of ``until``."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from flask import request

from app.web.errors import Refusal
from app.web.viewer import viewer_zone


def asked_days(*, back: str, back_label: str) -> tuple[datetime | None, datetime | None]:
    """The first moment of the day ``since`` in the query, and the first after the day ``until``;
    None for a day that is not there. What cannot be read is refused.

    :param back: where the page is without its filter
    """
    since, until = (_day(name, back, back_label) for name in ("since", "until"))
    after = until + timedelta(days=1) if until and until < date.max else None
    return _midnight(since), _midnight(after)


def _day(name: str, back: str, back_label: str) -> date | None:
    text = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refusal(
            422,
            "This day cannot be read",
            "A day in the filter is not a date.",
            "Write it as year-month-day, such as 2026-11-22.",
            back,
            back_label,
        ) from None


def _midnight(day: date | None) -> datetime | None:
    """When that day begins, by the clock of whoever looks; in UTC."""
    if day is None:
        return None
    local = datetime(day.year, day.month, day.day, tzinfo=viewer_zone())
    try:
        return local.astimezone(UTC)
    except OverflowError:  # the first and last day of the calendar
        return local.replace(tzinfo=UTC)
