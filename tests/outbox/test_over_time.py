"""Mail activity → Over time: true numbers of each day, without colour, scripts or a picture."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from lxml import html

from app.accounts.models import User
from app.outbox.chart import HEIGHT, TOP, chart
from app.outbox.ended import Tally
from app.outbox.over_time import Day, over_time
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.test_ended import at_a_quarter, count_all, rows_that_ended

PAGE = "/admin/system/mail-activity/over-time"
UTC = ZoneInfo("UTC")


def numbers(runtime: Runtime, zone: ZoneInfo, days: int = 7) -> dict[str, int]:
    with runtime.database.session(reading=True) as session:
        found = over_time(session, runtime.now(), zone, days)
    return {day.day.isoformat(): day.tally.sent for day in found.days if day.number}


def test_what_was_counted_and_what_goes_on_are_told_together(
    runtime: Runtime, clock: Clock
) -> None:
    begins = at_a_quarter(clock)
    rows_that_ended(runtime, begins - timedelta(days=2), 5)
    rows_that_ended(runtime, begins, 2)
    expected = {str((begins - timedelta(days=2)).date()): 5, str(begins.date()): 2}
    assert numbers(runtime, UTC) == expected, "nothing was counted yet"
    count_all(runtime)
    assert numbers(runtime, UTC) == expected
    clock.advance(minutes=20)
    count_all(runtime)
    assert sum(numbers(runtime, UTC).values()) == 7, "each of them once"


def test_days_are_those_of_the_calendar_where_somebody_is(runtime: Runtime, clock: Clock) -> None:
    clock.time = datetime(2026, 11, 25, 20, 3, tzinfo=UTC)
    rows_that_ended(runtime, datetime(2026, 11, 25, 18, 20, tzinfo=UTC))
    rows_that_ended(runtime, datetime(2026, 11, 25, 18, 10, tzinfo=UTC), 2)
    count_all(runtime)
    assert numbers(runtime, UTC) == {"2026-11-25": 3}
    in_nepal = numbers(runtime, ZoneInfo("Asia/Kathmandu"))
    assert in_nepal == {"2026-11-25": 2, "2026-11-26": 1}, "midnight is at 18:15 UTC"
    assert numbers(runtime, ZoneInfo("America/Los_Angeles")) == {"2026-11-25": 3}


def test_a_day_of_25_hours_is_one_day(runtime: Runtime, clock: Clock) -> None:
    clock.time = datetime(2026, 10, 26, 12, 0, tzinfo=UTC)
    for hour in (22, 23):  # 24 October in UTC; summer ends on the 25th in Berlin
        rows_that_ended(runtime, datetime(2026, 10, 24, hour, 30, tzinfo=UTC))
        rows_that_ended(runtime, datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
    berlin = numbers(runtime, ZoneInfo("Europe/Berlin"))
    assert berlin == {"2026-10-25": 3, "2026-10-26": 1}


def test_the_last_hour_of_a_day_of_25_hours_is_in_it(runtime: Runtime, clock: Clock) -> None:
    """Days of 24 hours before it, that day, and the one that goes on: counted, not only read."""
    berlin = ZoneInfo("Europe/Berlin")
    for day, hour in ((23, 21), (24, 23), (25, 21), (25, 22), (25, 23)):
        rows_that_ended(runtime, datetime(2026, 10, day, hour, 30, tzinfo=UTC), day + hour)
    clock.time = datetime(2026, 10, 25, 22, 55, tzinfo=UTC)  # 23:55 of the 25th
    clock.advance(minutes=60)
    count_all(runtime)
    after = numbers(runtime, berlin)
    clock.advance(minutes=-61)
    before = numbers(runtime, berlin)
    assert before == {"2026-10-23": 44, "2026-10-25": 47 + 46 + 47}
    assert after == before | {"2026-10-26": 48}


def test_days_stay_when_the_mails_are_gone(
    runtime: Runtime, clock: Clock, admin_client: FlaskClient
) -> None:
    from app.outbox.sweep import sweep

    rows_that_ended(runtime, at_a_quarter(clock) - timedelta(days=5), 4)
    count_all(runtime)
    with runtime.database.transaction() as session:
        assert sweep(session, runtime.now(), keep_days=1)
    assert list(numbers(runtime, UTC).values()) == [4]
    page = admin_client.get(PAGE).get_data(as_text=True)
    assert "In the last 30 days 4 mails went out, 0 failed and 0 ran out." in page
    assert "Counted since" in page, "of what was before, nothing is known"


def test_the_page_tells_the_picture_in_words_and_in_a_table(
    runtime: Runtime, clock: Clock, admin_client: FlaskClient
) -> None:
    now = at_a_quarter(clock)
    rows_that_ended(runtime, now, 3)
    rows_that_ended(runtime, now, 1, state="failed", sent_at=None, ended_because="gave_up")
    page = html.fromstring(admin_client.get(f"{PAGE}?days=7").data)
    (picture,) = page.xpath("//svg[@role='img']")
    words = [page.get_element_by_id(name) for name in picture.get("aria-labelledby").split()]
    assert "3 mails went out, 1 failed and 0 ran out" in words[1].text_content()
    rows = page.xpath("//tbody/tr")
    assert len(rows) == 7
    cells = [cell.text_content().strip() for cell in rows[0].xpath("td")]
    assert cells[1:4] == ["3", "1", "0"]
    assert cells[4] == "3.5 s", "each took four seconds; a class from 3 to 4 seconds is halved"
    assert len(page.xpath("//svg[@role='img']//rect[starts-with(@fill, 'url(#bar-failed')]")) == 1


@pytest.mark.parametrize("query", ["", "?days=7", "?days=nonsense", "?days=999"])
def test_an_install_without_mail_says_so(admin_client: FlaskClient, query: str) -> None:
    response = admin_client.get(PAGE + query)
    assert response.status_code == 200
    assert "Nothing was sent in these days" in response.get_data(as_text=True)


def test_while_counting_is_behind_the_page_says_how_far_it_is(
    runtime: Runtime, clock: Clock, admin_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.outbox.over_time.READ_AT_ONCE", 3)
    at = at_a_quarter(clock)
    for days in (3, 2, 1):
        rows_that_ended(runtime, at - timedelta(days=days), 2)
    page = admin_client.get(PAGE).get_data(as_text=True)
    assert "Counted until" in page
    count_all(runtime)
    page = admin_client.get(PAGE).get_data(as_text=True)
    assert "Counted until" not in page
    assert "6 mails went out" in page


def test_one_failed_mail_shows_beside_a_thousand() -> None:
    days = [Day(date(2026, 11, n), Tally(sent=1_000 * n, failed=n % 2)) for n in range(1, 31)]
    found = chart(days)
    assert all(part.height >= 3 for bar in found.bars for part in bar.parts)
    assert min(bar.top for bar in found.bars) >= 0
    assert found.lines[-1].number == 30_000
    assert chart([Day(date(2026, 11, 1))]).bars[0].top == TOP + HEIGHT


def test_the_week_that_every_page_tells_is_the_same_counted_and_read(
    runtime: Runtime, clock: Clock
) -> None:
    at = at_a_quarter(clock)
    rows_that_ended(runtime, at - timedelta(days=8), 16)
    rows_that_ended(runtime, at - timedelta(days=3), 4)
    rows_that_ended(runtime, at, 2)
    rows_that_ended(runtime, at, kind="canary")

    def told() -> int:
        with runtime.database.session(reading=True) as session:
            return runtime.queue_summary(session).sent_this_week

    assert told() == 6
    count_all(runtime)
    assert told() == 6
    clock.advance(minutes=20)
    count_all(runtime)
    assert told() == 6


def test_the_page_says_whose_days_they_are(
    runtime: Runtime, admin: User, clock: Clock, sign_in: Callable[[User], FlaskClient]
) -> None:
    rows_that_ended(runtime, at_a_quarter(clock))
    assert "Days begin at midnight UTC." in sign_in(admin).get(PAGE).text
    with runtime.database.transaction() as session:
        session.get_one(User, admin.id).time_zone = "Asia/Kathmandu"
    assert "Days begin at midnight in Asia/Kathmandu." in sign_in(admin).get(PAGE).text
