"""What is said of how mail is: the word, the colour, the cause, and what to do next.

:mod:`app.mailer.mail_health` works it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.mail.failures import Explanation
from app.mailer.concerns import Concern
from app.mailer.mail_facts import Keys


class Health(StrEnum):
    """The word for how mail is."""

    PENDING = "pending"
    """No configuration was ever saved."""
    UNPROVEN = "unproven"
    """Nothing was sent or tested since the configuration was saved, or since sending resumed."""
    WORKING = "working"
    """The newest real send, or a newer test, got through with this very configuration."""
    FAILING = "failing"
    """It did not, or it cannot, because the keys do not open what is stored."""
    PAUSED = "paused"
    """A person must act: one who paused by hand, or one who mends what the relay refuses."""
    STALLED = "stalled"
    """Mail is due and nobody delivers it."""


@dataclass(frozen=True)
class CurrentHealth:
    """The answer. ``level`` is a colour of the design: good, warn, bad, quiet.

    ``words`` stand in the pill, ``cause`` is one or two sentences, ``step`` what to do next and
    ``command`` what to type for it on the server. ``explanation`` is there when a failure code is
    the cause. ``alarm``: every page of the console says so. ``held``: mail that is asked for now
    waits until somebody acts. ``moved_on``: older failures stand in the numbers, but
    not for this configuration. ``concern``: it works, but something about it is not well.
    ``reached``: the newest look at the relay got in.
    """

    health: Health
    level: str
    words: str
    cause: str = ""
    step: str = ""
    command: str | None = None
    explanation: Explanation | None = None
    alarm: bool = False
    held: bool = False
    keys: Keys = Keys.OK
    by_test: bool = False
    moved_on: bool = False
    concern: Concern | None = None
    reached: bool = False

    @property
    def healthy(self) -> bool:
        """Nothing is known to be wrong. Not having been tried is no failure."""
        return self.health in {Health.WORKING, Health.UNPROVEN}

    @property
    def all_well(self) -> bool:
        """Healthy, and nothing about it is a concern."""
        return self.healthy and self.concern is None


def first_step(found: Explanation) -> str:
    return found.fix[0] if found.fix else ""
