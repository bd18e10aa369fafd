"""What may be promised of a mail that somebody asks for now: one answer for every page.

It depends on how mail is and never on the address, so it tells nobody who has an account.
"""

from __future__ import annotations

from enum import StrEnum

from app.mailer.current_health import CurrentHealth, Health
from app.mailer.summary import current_summary

WAITING = (
    "Mail is not going out from here at the moment: it waits, and goes out by itself after that."
)
"""The one sentence about this state, for people who cannot end it."""


class Prospect(StrEnum):
    """How a mail that is asked for now will fare."""

    NONE = "none"
    """It cannot be made: mail was never set up."""
    WAITS = "waits"
    """It is kept: mail is paused, delivered by nobody, or does not get through."""
    GOES = "goes"
    """Nothing is known to keep it."""


def current_prospect() -> Prospect:
    """For the page of this request."""
    return prospect_of(current_summary().mail)


def prospect_of(mail: CurrentHealth) -> Prospect:
    """A single recipient's trouble does not keep the mail of others."""
    if mail.health is Health.PENDING:
        return Prospect.NONE
    failing = mail.health is Health.FAILING and mail.alarm
    return Prospect.WAITS if mail.held or failing else Prospect.GOES


def promise(goes: str, waits: str) -> tuple[str, str]:
    """A flash's sentence and level: ``goes`` in green, or ``waits`` with why, in amber."""
    if current_prospect() is Prospect.GOES:
        return goes, "good"
    return f"{waits} {WAITING}", "warn"
