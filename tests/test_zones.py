"""Time zones by name: which may be chosen, and what a clock there shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.zones import (
    AREAS,
    by_area,
    called,
    clock,
    first_known,
    lasting,
    may_be_chosen,
    on_day,
    places,
    utc,
    zone_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        *(
            None,
            "",
            "Mars/Olympus",
            "Europe",
            "Europe/",
            "../etc/passwd",
            "/etc/passwd",
            "tzdata.zi",
        ),
        *("zone.tab", "Europe/Berlin\0", "Europe/Berl\udc80n", "x" * 5000, "Europe/Berlin/.."),
    ],
)
def test_what_is_no_zone_is_unknown_and_breaks_nothing(name: str | None) -> None:
    assert zone_of(name) is None
    assert name is None or not may_be_chosen(name)
    assert first_known(name, "Europe/Berlin") == BERLIN
    assert first_known(name) == utc()


def test_places_may_be_chosen_and_names_for_machines_may_not() -> None:
    assert all(may_be_chosen(name) for name in (*places(), "UTC"))
    # Browsers still give some places the names that they had before.
    assert may_be_chosen("Asia/Calcutta")
    assert not any(map(may_be_chosen, ("Etc/GMT+3", "EST", "US/Eastern", "localtime", "Factory")))


def test_the_list_is_sorted_by_area_and_holds_what_is_stored() -> None:
    listed = by_area("Asia/Calcutta", "Mars/Olympus", None)
    assert list(listed) == list(AREAS)
    assert ("Europe/Berlin", "Berlin") in listed["Europe"]
    assert ("America/Argentina/Buenos_Aires", "Buenos Aires (Argentina)") in listed["America"]
    assert ("Asia/Calcutta", "Calcutta") in listed["Asia"]
    assert "Asia/Calcutta" not in dict(by_area()["Asia"])
    assert sum(map(len, listed.values())) == len(places()) + 1


@pytest.mark.parametrize(
    ("moment", "zone", "words"),
    [
        (NOW, "UTC", "13:30 UTC on 26 November 2026"),
        (NOW, "Europe/Berlin", "14:30 (Europe/Berlin) on 26 November 2026"),
        (NOW, "America/New_York", "08:30 (America/New York) on 26 November 2026"),
        (NOW, "Asia/Kathmandu", "19:15 (Asia/Kathmandu) on 26 November 2026"),
        (NOW, "Pacific/Kiritimati", "03:30 (Pacific/Kiritimati) on 27 November 2026"),
    ],
)
def test_a_clock_names_its_zone_and_its_own_day(moment: datetime, zone: str, words: str) -> None:
    assert clock(moment, ZoneInfo(zone)) == words


def test_the_hour_that_comes_twice_says_which_of_the_two_it_is() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    said = [clock(first + timedelta(hours=hour), BERLIN) for hour in (-1, 0, 1, 2)]
    assert said == [
        "01:30 (Europe/Berlin) on 25 October 2026",
        "02:30 (Europe/Berlin, UTC+2) on 25 October 2026",
        "02:30 (Europe/Berlin, UTC+1) on 25 October 2026",
        "03:30 (Europe/Berlin) on 25 October 2026",
    ]
    newfoundland = datetime(2026, 11, 1, 4, 10, tzinfo=UTC)
    assert "01:40 (America/St Johns, UTC-2:30)" in clock(newfoundland, ZoneInfo("America/St_Johns"))


def test_the_ends_of_the_calendar_have_a_day_in_every_zone() -> None:
    assert on_day(datetime.max.replace(tzinfo=UTC), ZoneInfo("Pacific/Kiritimati"))
    assert on_day(datetime.min.replace(tzinfo=UTC), ZoneInfo("America/New_York"))


def test_names_are_written_as_people_do() -> None:
    assert called(ZoneInfo("America/New_York")) == "America/New York"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=20), "1 minute"),
        (timedelta(minutes=10), "10 minutes"),
        (timedelta(minutes=30, seconds=1), "30 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=24), "24 hours"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(days=7), "7 days"),
    ],
)
def test_how_long_is_said_in_whole_words(span: timedelta, words: str) -> None:
    assert lasting(span) == words
