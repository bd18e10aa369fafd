"""What an outage does to people: which mails are held up, how many ran into it, what ran out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.moments import sql_happened_since, sql_within
from app.outbox.kinds import label_of
from app.outbox.models import Ended, OutboxMessage, State
from app.runtime import Expired, Flow, Impact, Runtime

UNSENT = (State.QUEUED, State.HELD, State.SENDING)
RENEWABLE = timedelta(days=1)
"""Who waited longer than that for a link has asked again, or found another way."""
AT_MOST = 500


def impact(session: Session, runtime: Runtime, since: datetime) -> Impact:
    """What came of it that mail does not get through since that moment, by the kind of mail."""
    row, now = OutboxMessage, runtime.now()
    waiting = {kind: (number, ends) for kind, number, ends in _waiting(session)}
    people = _by_kind(session, row.created_at >= since, of=func.count(row.rcpt_key.distinct()))
    expired = _by_kind(
        session,
        row.state == State.CANCELLED,
        row.ended_because == Ended.EXPIRED,
        sql_happened_since(row.finished_at, since, now),
    )
    kinds = sorted({*waiting, *people, *expired}, key=lambda kind: -waiting.get(kind, (0, None))[0])
    organizations: Counter[str] = Counter()
    for count in runtime.waiting_by_organization:
        organizations.update(count(session))
    return Impact(
        since=since,
        flows=tuple(
            Flow(
                label_of(kind),
                waiting=waiting.get(kind, (0, None))[0],
                people=people.get(kind, 0),
                expired=expired.get(kind, 0),
                next_expiry=waiting.get(kind, (0, None))[1],
            )
            for kind in kinds
        ),
        organizations=tuple(organizations.most_common()),
    )


def renewable(session: Session, runtime: Runtime) -> list[Expired]:
    """Mails that ran out while they waited, within a day, of kinds that can be made anew; without
    those after which the same person got, or waits for, another one of that kind."""
    row, newer, now = OutboxMessage, aliased(OutboxMessage), runtime.now()
    later = select(newer.id).where(
        newer.rcpt_key == row.rcpt_key, newer.kind == row.kind, newer.id > row.id
    )
    found = session.execute(
        select(row.kind, row.rcpt_to, row.stands_on)
        .where(
            row.state == State.CANCELLED,
            row.ended_because == Ended.EXPIRED,
            sql_within(row.finished_at, now, RENEWABLE),
            row.kind.in_(list(runtime.renewers)),
            ~later.exists(),
        )
        .order_by(row.id)
        .limit(AT_MOST)
    )
    mails = [Expired(kind, to, stands_on) for kind, to, stands_on in found]
    if not mails:
        return []
    asked = {(mail.kind, mail.to) for ask in runtime.asked_anew for mail in ask(session)}
    return [mail for mail in mails if (mail.kind, mail.to) not in asked]


def renew(session: Session, runtime: Runtime, actor: Any) -> int:
    """Have all of them made anew; how many were. The caller commits."""
    by_kind: defaultdict[str, list[Expired]] = defaultdict(list)
    for mail in renewable(session, runtime):
        by_kind[mail.kind].append(mail)
    return sum(
        runtime.renewers[kind](session, runtime, mails, actor) for kind, mails in by_kind.items()
    )


def _waiting(session: Session) -> Sequence[Any]:
    row = OutboxMessage
    return session.execute(
        select(row.kind, func.count(), func.min(row.expires_at))
        .where(or_(*(row.state == state for state in UNSENT)))
        .group_by(row.kind)
    ).all()


def _by_kind(session: Session, *conditions: ColumnElement[bool], of: Any = None) -> dict[str, int]:
    counted = of if of is not None else func.count()
    rows = session.execute(
        select(OutboxMessage.kind, counted.label("number"))
        .where(and_(*conditions))
        .group_by(OutboxMessage.kind)
    )
    return {row.kind: row.number for row in rows}
