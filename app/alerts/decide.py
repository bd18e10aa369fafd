"""Which incidents begin, go on and end, and what is said about them: a pure decision.

By what is, and never by what happened: whoever looks, in which process and however late, comes to
the same answer. What was said last is compared with what is now.

- Trouble is told once it has lasted, and again every day while it lasts.
- The end is told once it has lasted, and only if the beginning was.
- One kind of alert about one subject is sent at most once an hour. What falls into that hour is
  told when it is over, if it is still so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.alerts.conditions import Condition, State
from app.alerts.models import AlertIncident
from app.alerts.news import Type
from app.moments import within

AT_MOST_EVERY = timedelta(hours=1)
REMINDED_EVERY = timedelta(hours=24)


@dataclass(frozen=True)
class Decision:
    """What becomes of one subject. Without an ``incident`` one begins.

    ``say`` is what is told now, if anything is; ``reminder`` that it was told before.
    """

    condition: Condition
    incident: AlertIncident | None = None
    moved: bool = False
    say: Type | None = None
    reminder: bool = False
    close: bool = False


def decide(
    found: Collection[Condition],
    open_incidents: Mapping[str, AlertIncident],
    told: Mapping[tuple[str, str], datetime],
    now: datetime,
) -> list[Decision]:
    """What is to be done about every subject; nothing for those that stay as they are.

    :param open_incidents: by subject
    :param told: when a type was last told about a subject
    """
    decisions = []
    for condition in found:
        incident = open_incidents.get(condition.subject)
        decision = _about(condition, incident, told, now)
        if decision is not None:
            decisions.append(decision)
    return decisions


def _about(
    condition: Condition,
    incident: AlertIncident | None,
    told: Mapping[tuple[str, str], datetime],
    now: datetime,
) -> Decision | None:
    if condition.state is State.UNKNOWN:
        return None
    if incident is None:
        if condition.state is State.FINE:
            return None
        return Decision(condition, say=_if_it_may(condition, told, now, _lasted(condition, now)))
    moved = (incident.state, incident.code) != (condition.state, condition.code)
    if condition.state is State.FINE and not _end_is_told(incident):
        return Decision(condition, incident, moved, close=True)
    since = now if incident.state != condition.state else incident.since
    settled = now - min(since, condition.since or since, now) >= condition.settles
    say, reminder = None, False
    if incident.told != condition.state:
        say = _if_it_may(condition, told, now, settled)
    elif condition.state.reminded and not within(incident.told_at, now, REMINDED_EVERY):
        say, reminder = condition.state.type, True
    close = condition.state is State.FINE and say is not None
    if not moved and say is None:
        return None
    return Decision(condition, incident, moved, say, reminder, close)


def _end_is_told(incident: AlertIncident) -> bool:
    told = incident.told
    return told is not None and (told not in set(State) or State(told).end_is_told)


def _lasted(condition: Condition, now: datetime) -> bool:
    return now - min(condition.since or now, now) >= condition.settles


def _if_it_may(
    condition: Condition,
    told: Mapping[tuple[str, str], datetime],
    now: datetime,
    settled: bool,
) -> Type | None:
    last = told.get((condition.subject, condition.state.type))
    return condition.state.type if settled and not within(last, now, AT_MOST_EVERY) else None
