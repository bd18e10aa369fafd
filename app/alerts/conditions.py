"""What is worth an alert, read off the one answer about how mail is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from app.alerts.news import Type
from app.mail.failures import FailureCode, explain
from app.mailer.current_health import Health
from app.mailer.mail_facts import Keys
from app.mailer.providers import PROVIDERS
from app.mailer.summary import Summary, endings_soon
from app.runtime import Runtime

MAIL, SETTINGS, ENDS = "mail", "settings", "ends:"
"""Subjects: one incident of each is open at most. Behind ``ends:`` stands what ends."""

SETTLES = timedelta(minutes=2)
"""How long trouble must last before anybody is told: a relay that restarts is back sooner, and the
program tries again by itself."""

HOLDS = timedelta(minutes=1)
"""How long mail must be well again before that is told."""

NOW = timedelta(0)

WORKS = "Mail goes out again."
LETS_IN = "The relay lets us in again. No mail was sent since."


class State(StrEnum):
    """How a subject is. ``fine`` ends an incident, ``unknown`` neither begins nor ends one."""

    FINE = "fine"
    UNKNOWN = "unknown"
    FAILING = "failing"
    PAUSED = "paused"
    STALLED = "stalled"
    DEGRADED = "degraded"
    ENDS_IN_30 = "ends_in_30"
    ENDS_IN_14 = "ends_in_14"
    ENDS_IN_3 = "ends_in_3"
    ENDED = "ended"

    @property
    def end_is_told(self) -> bool:
        """Whether its end is news. A secret that was renewed is not: who renewed it knows."""
        return self in _TYPES

    @property
    def type(self) -> Type:
        """What is sent about it."""
        return _TYPES.get(self, Type.ENDING)

    @property
    def reminded(self) -> bool:
        """Whether people are reminded every day. What ends is told of at each step instead."""
        return self in {
            State.FAILING,
            State.PAUSED,
            State.STALLED,
            State.DEGRADED,
            State.ENDED,
        }


_TYPES = {
    State.FAILING: Type.BROKEN,
    State.PAUSED: Type.BROKEN,
    State.STALLED: Type.STALLED,
    State.DEGRADED: Type.DEGRADED,
    State.FINE: Type.RECOVERED,
}


_ENDS_WITHIN = {
    30: State.ENDS_IN_30,
    14: State.ENDS_IN_14,
    3: State.ENDS_IN_3,
    0: State.ENDED,
}


@dataclass(frozen=True)
class Condition:
    """How a subject is now. ``since`` is known or not; ``settles`` is how long it must last.

    ``summary`` is a sentence of ours.
    """

    subject: str
    state: State
    code: str = ""
    summary: str = ""
    since: datetime | None = None
    settles: timedelta = SETTLES


def conditions(
    session: Session, runtime: Runtime, summary: Summary, known: Collection[str]
) -> list[Condition]:
    """Everything that can be told of now, what is fine included.

    :param known: the subjects of open incidents, so that one whose cause is gone ends
    """
    found = {condition.subject: condition for condition in ends(session, runtime)}
    gone = [subject for subject in known if subject.startswith(ENDS) and subject not in found]
    return [
        mail(summary),
        *found.values(),
        *(Condition(subject, State.FINE, settles=NOW) for subject in gone),
    ]


def ends(session: Session, runtime: Runtime) -> list[Condition]:
    """Secrets and certificates that end within 30 days, or have."""
    return [
        Condition(
            f"{ENDS}{ending.what}"[:80],
            _ENDS_WITHIN[ending.within],
            str(_ENDS_WITHIN[ending.within]),
            ending.words,
            settles=NOW,
        )
        for ending in endings_soon(session, runtime)
        if ending.within in _ENDS_WITHIN
    ]


def mail(summary: Summary) -> Condition:
    """How sending fares."""
    told, record, queue = summary.mail, summary.health, summary.queue
    match told.health:
        case Health.PAUSED if record.pause_code:
            return _broken(State.PAUSED, record.pause_code, record.paused_at, NOW)
        case Health.PAUSED:
            return Condition(
                MAIL,
                State.PAUSED,
                "paused_by_hand",
                "Mail was paused by hand, and waits until somebody resumes it.",
                record.paused_at,
                NOW,
            )
        case Health.FAILING if told.keys is not Keys.OK:
            return Condition(MAIL, State.FAILING, f"keys_{told.keys}", _KEYS[told.keys])
        case Health.FAILING if told.by_test:
            return _broken(State.FAILING, record.last_test_code, record.last_test_at)
        case Health.FAILING if told.alarm:
            code = told.explanation.code if told.explanation else record.last_failure_code
            return _broken(State.FAILING, code, record.failing_since)
        case Health.PENDING if summary.misdeclared:
            return Condition(
                MAIL,
                State.FAILING,
                "environment",
                "What the environment says about mail cannot be used, so nothing is sent.",
            )
        case Health.STALLED:
            return Condition(
                MAIL,
                State.STALLED,
                "stalled",
                "Mail is due, and no process delivers it.",
                queue.due_since,
            )
        case Health.WORKING | Health.UNPROVEN if told.concern is not None:
            return Condition(
                MAIL,
                State.DEGRADED,
                told.concern.code,
                told.concern.words,
                told.concern.since,
                NOW,
            )
        case Health.WORKING:
            return Condition(MAIL, State.FINE, summary=WORKS, settles=HOLDS)
        case Health.UNPROVEN if told.reached:
            return Condition(MAIL, State.FINE, summary=LETS_IN, settles=HOLDS)
        case _:
            return Condition(MAIL, State.UNKNOWN)


_KEYS = {
    Keys.UNUSABLE: "The keys of the install are missing, so nothing that is stored can be sent.",
    Keys.WRONG: "The keys of the install are not those that its mail was sealed with.",
    Keys.FORGOTTEN: "What mail logs in with was lost with its key, and must be given again.",
    Keys.CHANGED: "The mail configuration was changed outside Novantra. Nothing is sent with it.",
}


def _broken(
    state: State, code: str | None, since: datetime | None, settles: timedelta = SETTLES
) -> Condition:
    """By the title of the code alone: an explanation may name a domain that mail went to."""
    known = {each.value: each for each in FailureCode}.get(code or "")
    title = explain(known).title if known else "The relay did not take it"
    return Condition(MAIL, state, code or "unknown", f"{title}.", since, settles)


def transport_of(summary: Summary) -> str:
    """What mail leaves through, as the mailer page calls it."""
    active = summary.active
    return PROVIDERS[active.provider].title if active else "Not set up"
