"""Relative and exact times, as the pages show them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.web.times import ago, exact, utc_iso

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=3, minutes=50), "3 hours ago"),
        (timedelta(hours=24), "yesterday"),
        (timedelta(hours=47), "yesterday"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=29), "29 days ago"),
        (timedelta(days=30), "23 October 2026"),
    ],
)
def test_the_past_is_told_in_the_largest_whole_unit(passed: timedelta, words: str) -> None:
    assert ago(NOW - passed, NOW) == words


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=20), "in a moment"),
        (timedelta(minutes=5), "in 5 minutes"),
        (timedelta(hours=1, minutes=1), "in 1 hour"),
        (timedelta(days=1), "tomorrow"),
        (timedelta(days=3), "in 3 days"),
        (timedelta(days=6, hours=23, minutes=59), "in 7 days"),
        (timedelta(minutes=14, seconds=59), "in 15 minutes"),
        (timedelta(days=40), "1 January 2027"),
    ],
)
def test_the_future_is_told_in_the_nearest_unit(ahead: timedelta, words: str) -> None:
    assert ago(NOW + ahead, NOW) == words


def test_without_a_clock_the_present_one_is_used() -> None:
    assert ago(datetime.now(UTC) - timedelta(minutes=7, seconds=5)) == "7 minutes ago"


def test_exact_times_name_their_zone_and_are_always_utc() -> None:
    berlin = datetime(2026, 11, 22, 11, 42, tzinfo=timezone(timedelta(hours=1)))
    assert exact(berlin) == "22 November 2026, 10:42 UTC"


def test_machines_read_iso_8601_in_utc() -> None:
    berlin = datetime(2026, 11, 2, 0, 5, 9, tzinfo=timezone(timedelta(hours=1)))
    assert utc_iso(berlin) == "2026-11-01T23:05:09Z"
