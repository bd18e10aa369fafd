"""What may be promised of a mail follows from how mail is, and from nothing else."""

from __future__ import annotations

import pytest

from app.mailer.current_health import CurrentHealth, Health
from app.mailer.summary import Prospect, prospect_of


@pytest.mark.parametrize(
    ("health", "held", "alarm", "expected"),
    [
        (Health.PENDING, False, True, Prospect.NONE),
        (Health.UNPROVEN, False, False, Prospect.GOES),
        (Health.WORKING, False, False, Prospect.GOES),
        (Health.FAILING, False, False, Prospect.GOES),  # greylisted: minutes, as everywhere
        (Health.FAILING, False, True, Prospect.WAITS),
        (Health.FAILING, True, True, Prospect.WAITS),  # the keys do not open what is stored
        (Health.PAUSED, True, True, Prospect.WAITS),
        (Health.STALLED, True, True, Prospect.WAITS),
    ],
)
def test_every_state_of_mail_has_its_promise(
    health: Health, held: bool, alarm: bool, expected: Prospect
) -> None:
    told = CurrentHealth(health, "quiet", "", held=held, alarm=alarm)
    assert prospect_of(told) is expected
