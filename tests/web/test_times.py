"""Relative and exact times, as the pages show them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, g

from app.web.times import FILTERS, ago, exact, utc_iso

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


def test_exact_times_name_their_zone_which_is_utc_unless_said_otherwise() -> None:
    berlin = datetime(2026, 11, 22, 11, 42, tzinfo=timezone(timedelta(hours=1)))
    assert exact(berlin) == "22 November 2026, 10:42 UTC"
    zone = ZoneInfo("Europe/Berlin")
    assert exact(berlin, zone) == "22 November 2026, 11:42 (Europe/Berlin)"


def test_a_date_is_the_one_of_its_zone() -> None:
    late = datetime(2026, 9, 30, 23, 30, tzinfo=UTC)
    assert ago(late, NOW) == "30 September 2026"
    assert ago(late, NOW, ZoneInfo("Europe/Berlin")) == "1 October 2026"


def test_machines_read_iso_8601_in_utc() -> None:
    berlin = datetime(2026, 11, 2, 0, 5, 9, tzinfo=timezone(timedelta(hours=1)))
    assert utc_iso(berlin) == "2026-11-01T23:05:09Z"


def test_the_script_writes_in_the_browsers_zone_only_while_nobody_chose_one() -> None:
    scripted, now = FILTERS["scripted"], datetime.now(UTC)
    long_ago = now - timedelta(days=29)
    with Flask(__name__).test_request_context():
        assert [scripted(now, how) for how in ("ago", "at")] == [
            ' data-time="ago"',
            ' data-time="at"',
        ]
        g.chosen_zone = ZoneInfo("Europe/Berlin")
        # What goes on by itself goes on; a date, or what becomes one soon, stays the server's.
        assert scripted(now, "ago") == ' data-time="span"'
        assert scripted(now, "at") == scripted(long_ago, "ago") == ""
        assert FILTERS["exact"](NOW) == "22 November 2026, 13:00 (Europe/Berlin)"
