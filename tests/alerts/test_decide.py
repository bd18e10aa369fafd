"""When something is told: a table of what is, what was said, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from app.alerts.conditions import HOLDS, MAIL, NOW, SETTLES, Condition, State
from app.alerts.decide import Decision, decide
from app.alerts.models import AlertIncident
from app.alerts.news import Type

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Story:
    """One subject over time; ``said`` is what went out, with the minutes after the start."""

    def __init__(self) -> None:
        self.now = START
        self.incident: AlertIncident | None = None
        self.told: dict[tuple[str, str], datetime] = {}
        self.said: list[tuple[int, str]] = []

    def be(self, state: State, *, minutes: int, code: str = "", every: int = 1) -> None:
        """It is so for these minutes, looked at every minute."""
        began = self.now
        settles = {State.FINE: HOLDS, State.PAUSED: NOW}.get(state, SETTLES)
        while self.now < began + minutes * MINUTE:
            since = began if state is not State.FINE else None
            condition = Condition(MAIL, state, code, since=since, settles=settles)
            open_now = {MAIL: self.incident} if self.incident else {}
            for decision in decide([condition], open_now, self.told, self.now):
                self._do(decision)
            self.now += every * MINUTE

    def _do(self, decision: Decision) -> None:
        state = decision.condition.state
        if self.incident is None:
            self.incident = AlertIncident(
                subject=MAIL, state=state, code=decision.condition.code, since=self.now, told=None
            )
        elif decision.moved:
            if self.incident.state != state:
                self.incident.since = self.now
            self.incident.state, self.incident.code = state, decision.condition.code
        if decision.say:
            minutes = (self.now - START) // MINUTE
            self.said.append((minutes, f"{decision.say}{' again' * decision.reminder}"))
            self.told[MAIL, decision.say] = self.now
            self.incident.told, self.incident.told_at = state, self.now
        if decision.close:
            self.incident = None


@pytest.fixture
def story() -> Story:
    return Story()


def test_what_lasts_is_told_once_and_its_end_too(story: Story) -> None:
    story.be(State.FAILING, minutes=30)
    story.be(State.FINE, minutes=30)
    assert story.said == [(2, Type.BROKEN), (31, Type.RECOVERED)]
    assert story.incident is None


def test_a_pause_is_told_at_once(story: Story) -> None:
    story.be(State.PAUSED, minutes=3)
    assert story.said == [(0, Type.BROKEN)]


def test_what_is_over_soon_is_never_told(story: Story) -> None:
    story.be(State.FAILING, minutes=2)
    story.be(State.FINE, minutes=10)
    assert story.said == []
    assert story.incident is None


def test_people_are_reminded_every_day_while_it_lasts(story: Story) -> None:
    story.be(State.PAUSED, minutes=3 * 24 * 60 + 5, every=5)
    day = 24 * 60
    assert story.said == [
        (0, "mail.broken"),
        *((number * day, "mail.broken again") for number in (1, 2, 3)),
    ]


def test_flapping_never_says_the_same_twice_in_an_hour(story: Story) -> None:
    for _ in range(30):
        story.be(State.FAILING, minutes=5)
        story.be(State.FINE, minutes=5)
    for kind in (Type.BROKEN, Type.RECOVERED):
        moments = [at for at, said in story.said if said == kind]
        assert moments, story.said
        assert all(later - earlier >= 60 for earlier, later in pairwise(moments))
    kinds = [said for _, said in story.said]
    assert all(one != other for one, other in pairwise(kinds)), kinds


def test_what_begins_again_within_the_hour_is_told_when_the_hour_is_over(story: Story) -> None:
    story.be(State.PAUSED, minutes=5)
    story.be(State.FINE, minutes=5)
    story.be(State.PAUSED, minutes=90)
    assert story.said == [(0, Type.BROKEN), (6, Type.RECOVERED), (60, Type.BROKEN)]


def test_another_trouble_is_told_within_the_hour(story: Story) -> None:
    story.be(State.DEGRADED, minutes=10)
    story.be(State.STALLED, minutes=10)
    story.be(State.FINE, minutes=10)
    assert story.said == [(2, Type.DEGRADED), (12, Type.STALLED), (21, Type.RECOVERED)]


def test_an_unknown_state_neither_ends_nor_reminds(story: Story) -> None:
    story.be(State.PAUSED, minutes=5)
    story.be(State.UNKNOWN, minutes=3 * 24 * 60, every=30)
    assert story.said == [(0, Type.BROKEN)]
    story.be(State.FINE, minutes=5)
    assert story.said[1:] == [(3 * 24 * 60 + 6, Type.RECOVERED)]


def test_a_clock_that_ran_ahead_does_not_silence_for_long(story: Story) -> None:
    story.told[MAIL, Type.BROKEN] = START + timedelta(days=400)
    story.be(State.PAUSED, minutes=2)
    assert story.said == [(0, Type.BROKEN)]
