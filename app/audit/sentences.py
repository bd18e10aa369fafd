"""What a check of the audit log found, in sentences: the same for the page and the command."""

from __future__ import annotations

from app.audit.verify import ChainStatus, Report, Run


def headline(report: Report) -> str:
    """What was found, in one sentence."""
    if report.broken:
        where = f"event {report.broken.event_id}" if report.broken.event_id else "the log"
        return f"The chain is broken at {where}: {report.broken.reason}."
    if report.status is ChainStatus.BROKEN:
        return "The chain does not prove the whole log."
    if report.status is ChainStatus.UNKNOWN:
        return "The chain cannot be checked, because a key that signed it is missing."
    events = "1 event" if report.checked == 1 else f"{report.checked} events"
    return f"The chain holds: {events}."


def details(report: Report) -> list[str]:
    """What else there is to know, a sentence or two each."""
    found: list[str] = []
    if report.carried and report.carried_at:
        found.append(
            f"{_events(report.carried)} an older release that did not sign them, carried over"
            f" on {report.carried_at:%Y-%m-%d %H:%M} UTC. They have not changed since; whether they"
            " were changed before, nothing can tell."
        )
    found += [
        f"{_events(run, 'written while the key of the install was missing')}, and not signed:"
        " whoever can write the database could have made them."
        for run in report.unsigned
    ]
    found += [
        f"When event {number} was written ({at:%Y-%m-%d %H:%M} UTC), {reason}. Events may have been"
        " taken away or replaced before it."
        for number, at, reason in report.anchor_lost
    ]
    found += [
        f"{_events(run, f'signed with key {key_id}, which this install lacks')}."
        for key_id, run in report.unknown.items()
    ]
    if report.anchor_unknown:
        found.append(f"{report.anchor_unknown[0].upper()}{report.anchor_unknown[1:]}.")
    if report.contains:
        found.append(f"It still contains event {report.contains.id} as it was noted.")
    return found


def _events(run: Run, what: str = "") -> str:
    numbers = f"Event {run.first}" if run.count == 1 else f"Events {run.first} to {run.last}"
    if not what:
        return f"{numbers} {'comes' if run.count == 1 else 'come'} from"
    return f"{numbers} {'was' if run.count == 1 else 'were'} {what}"
