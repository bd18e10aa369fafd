"""Keeps the incidents, and writes what is to be said for every target that takes it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.alerts.conditions import MAIL, SETTINGS, Condition, State, conditions, transport_of
from app.alerts.decide import AT_MOST_EVERY, Decision, decide
from app.alerts.kinds import Kind
from app.alerts.models import AlertDelivery, AlertIncident, AlertMessage, AlertTarget
from app.alerts.news import News, Type
from app.install.service import access_url
from app.mailer.summary import Summary, summarise
from app.moments import sql_outside, sql_within, within
from app.runtime import Outdated, Runtime

# Any number will do as long as every process uses the same one.
LOCK = 7_401_230

KEPT_FOR = timedelta(days=90)
"""How long what was said, and incidents that are over, stay on the page."""


def look(runtime: Runtime) -> bool:
    """Compare what is with what was said, and say what is to be said; whether anything changed.

    Every process of an install does this. Only one at a time writes, and what it found before is
    looked at again by then: so each thing is said once.
    """
    with runtime.database.session(reading=True) as session:
        if not _work(session, runtime):
            return False
    with runtime.database.transaction() as session:
        if not _alone(session):
            return False
        summary = summarise(session, runtime)
        work = _decisions(session, runtime, summary)
        for decision in work:
            _carry_out(session, runtime, summary, decision)
        return _tell_of_settings(session, runtime, summary) or bool(work)


def _work(session: Session, runtime: Runtime) -> bool:
    summary = summarise(session, runtime)
    if _decisions(session, runtime, summary):
        return True
    known = _open(session).get(SETTINGS)
    return _settings_moved(session, summary, known, runtime.now()) is not None


def _alone(session: Session) -> bool:
    """SQLite has one writer anyway. An install in another schema of the same database looks for
    itself: advisory locks know no schemas."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    own = "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema(), :lock))"
    return bool(session.scalar(text(own), {"lock": LOCK}))


def open_incidents(session: Session) -> list[AlertIncident]:
    """What is wrong now and was told, or is about to be; the oldest first."""
    found = _open(session)
    found.pop(SETTINGS, None)
    return sorted(found.values(), key=lambda incident: incident.began_at)


def _open(session: Session) -> dict[str, AlertIncident]:
    rows = session.scalars(select(AlertIncident).where(AlertIncident.closed_at.is_(None)))
    return {row.subject: row for row in rows}


def _decisions(session: Session, runtime: Runtime, summary: Summary) -> list[Decision]:
    now = runtime.now()
    known = _open(session)
    found = conditions(session, runtime, summary, known)
    return decide(found, known, _told_lately(session, now), now)


def _told_lately(session: Session, now: datetime) -> dict[tuple[str, str], datetime]:
    rows = session.execute(
        select(AlertMessage.subject, AlertMessage.type, AlertMessage.at)
        .where(sql_within(AlertMessage.at, now, AT_MOST_EVERY))
        .order_by(AlertMessage.at)
    )
    return {(subject, kind): at for subject, kind, at in rows}


def _carry_out(session: Session, runtime: Runtime, summary: Summary, decision: Decision) -> None:
    now, condition = runtime.now(), decision.condition
    incident = decision.incident
    if incident is None:
        incident = AlertIncident(
            id=secrets.token_hex(16),
            subject=condition.subject,
            state=condition.state,
            code=condition.code,
            began_at=min(condition.since or now, now),
            since=now,
        )
        session.add(incident)
    elif decision.moved:
        if incident.state != condition.state:
            incident.since = now
        incident.state = condition.state
        if condition.state is not State.FINE:
            incident.code = condition.code
    if decision.say is not None:
        incident.told, incident.told_at = condition.state, now
        say(
            session,
            _news(session, runtime, summary, decision.say, condition, incident, decision.reminder),
            subject=condition.subject,
            now=now,
        )
    if decision.close:
        incident.closed_at = now
    session.flush()


def _news(
    session: Session,
    runtime: Runtime,
    summary: Summary,
    kind: Type,
    condition: Condition,
    incident: AlertIncident,
    reminder: bool,
) -> News:
    text = condition.summary
    code = condition.code
    if kind is Type.RECOVERED:
        text = f"{condition.summary} It had not since {_clock(incident.began_at)}."
        code = incident.code
    return news(
        session,
        runtime,
        summary,
        kind,
        code=code,
        text=text,
        since=incident.began_at,
        incident=incident.id,
        reminder=reminder,
    )


def news(
    session: Session,
    runtime: Runtime,
    summary: Summary,
    kind: Type,
    *,
    code: str,
    text: str,
    since: datetime | None = None,
    incident: str | None = None,
    reminder: bool = False,
) -> News:
    """An alert about this install, now."""
    base = access_url(session, runtime.config) or ""
    page = "/admin/system" if runtime.config.is_cloud else "/admin/system/mailer"
    return News(
        id=f"msg_{secrets.token_hex(16)}",
        type=kind,
        time=runtime.now().isoformat(timespec="seconds"),
        installation=urlsplit(base).netloc or "Novantra",
        transport=transport_of(summary),
        code=code,
        summary=text,
        since=since.isoformat(timespec="seconds") if since else None,
        waiting=summary.queue.waiting,
        url=f"{base}{page}",
        incident=incident,
        reminder=reminder,
    )


def say(session: Session, told: News, *, subject: str, now: datetime) -> None:
    """One message, and its way to every target that takes alerts. What was to be said about the
    subject before and did not get through yet is not said any more."""
    session.execute(
        update(AlertDelivery)
        .where(
            AlertDelivery.state == "waiting",
            AlertDelivery.message_id.in_(
                select(AlertMessage.id).where(AlertMessage.subject == subject)
            ),
        )
        .values(state="superseded", finished_at=now)
        .execution_options(synchronize_session=False)
    )
    session.add(
        AlertMessage(
            id=told.id,
            subject=subject,
            type=told.type,
            incident_id=told.incident,
            at=now,
            facts=told.stored(),
        )
    )
    session.flush()
    takers = session.scalars(
        select(AlertTarget.id).where(AlertTarget.kind != Kind.PING, AlertTarget.broken_at.is_(None))
    ).all()
    session.add_all(on_its_way(told.id, target_id, now) for target_id in takers)
    session.flush()


def on_its_way(message_id: str, target_id: str, now: datetime) -> AlertDelivery:
    return AlertDelivery(
        id=secrets.token_hex(16),
        message_id=message_id,
        target_id=target_id,
        state="waiting",
        due_at=now,
    )


def catch_up(session: Session, target: AlertTarget, now: datetime) -> None:
    """A new target hears what is wrong already."""
    for incident in open_incidents(session):
        newest = session.scalar(
            select(AlertMessage.id)
            .where(AlertMessage.incident_id == incident.id)
            .order_by(AlertMessage.at.desc())
            .limit(1)
        )
        if newest is not None:
            session.add(on_its_way(newest, target.id, now))


def _settings_moved(
    session: Session, summary: Summary, known: AlertIncident | None, now: datetime
) -> str | None:
    """The mark of the settings now, when it must be noted; told at most once an hour."""
    mark = _mark(summary)
    if known is None:
        return mark
    if known.code == mark or within(known.told_at, now, AT_MOST_EVERY):
        return None
    return mark


def begin(session: Session, runtime: Runtime) -> None:
    """From now on somebody listens: these are the settings that they know of."""
    if SETTINGS not in _open(session):
        _tell_of_settings(session, runtime, summarise(session, runtime))


def _mark(summary: Summary) -> str:
    active = summary.active
    return f"{active.provider}:{active.version}"[:40] if active else "none"


def _tell_of_settings(session: Session, runtime: Runtime, summary: Summary) -> bool:
    now, known = runtime.now(), _open(session).get(SETTINGS)
    mark = _settings_moved(session, summary, known, now)
    if mark is None:
        return False
    if known is None:  # the first look of all: nothing is known to have changed
        session.add(
            AlertIncident(
                id=secrets.token_hex(16),
                subject=SETTINGS,
                state=State.FINE,
                code=mark,
                began_at=now,
                since=now,
            )
        )
        session.flush()
        return True
    known.code, known.since, known.told_at = mark, now, now
    say(
        session,
        news(
            session,
            runtime,
            summary,
            Type.CHANGED,
            code="settings_changed",
            text="Mail is sent with other settings now. The audit log tells who changed them and"
            " what they are.",
        ),
        subject=SETTINGS,
        now=now,
    )
    return True


def outdated(now: datetime) -> list[Outdated]:
    """What nobody looks at any more."""
    return [
        (AlertMessage, sql_outside(AlertMessage.at, now, KEPT_FOR)),
        (AlertIncident, sql_outside(AlertIncident.closed_at, now, KEPT_FOR)),
    ]


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


__all__ = ["MAIL", "begin", "catch_up", "look", "news", "open_incidents", "outdated", "say"]
