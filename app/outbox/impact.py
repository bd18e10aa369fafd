"""What an outage does to people: which mails are held up, how many ran into it, what ran out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.database import UtcDateTime
from app.moments import believable, sql_within
from app.outbox.kinds import label_of
from app.outbox.models import Ended, OutboxMessage, State
from app.runtime import Expired, Flow, Impact, Runtime
from app.written_once import AnySelect, WrittenOnce

UNSENT = (State.QUEUED, State.HELD, State.SENDING)
RENEWABLE = timedelta(days=1)
"""Who waited longer than that for a link has asked again, or found another way."""
AT_MOST = 500
EVER = timedelta(days=36_500)


def impact(session: Session, runtime: Runtime, since: datetime) -> Impact:
    """What came of it that mail does not get through since that moment, by the kind of mail."""
    now = runtime.now()
    waiting = {kind: (number, ends) for kind, number, ends in _WAITING.all(session, now)}
    people = {row.kind: row.number for row in _PEOPLE.all(session, now, since=since)}
    since_then = _EXPIRED.all(session, now, since=believable(since, now))
    expired = {row.kind: row.number for row in since_then}
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
    found = _renewable(tuple(sorted(runtime.renewers))).all(session, runtime.now())
    mails = [Expired(kind, to, stands_on) for kind, to, stands_on in found]
    if not mails:
        return []
    asked = {(mail.kind, mail.to) for ask in runtime.asked_anew for mail in ask(session)}
    return [mail for mail in mails if (mail.kind, mail.to) not in asked]


def renew(session: Session, runtime: Runtime, mails: Sequence[Expired], actor: Any) -> int:
    """Have these made anew, but for those that somebody saw to since they were looked up; how many
    were. The caller commits."""
    still = set(renewable(session, runtime))
    by_kind: defaultdict[str, list[Expired]] = defaultdict(list)
    for mail in mails:
        if mail in still:
            by_kind[mail.kind].append(mail)
    return sum(
        runtime.renewers[kind](session, runtime, mails, actor) for kind, mails in by_kind.items()
    )


_ROW = OutboxMessage


def _waiting(_now: datetime) -> AnySelect:
    return (
        select(
            _ROW.kind, func.count().label("number"), func.min(_ROW.expires_at).label("next_expiry")
        )
        .where(or_(*(_ROW.state == state for state in UNSENT)))
        .group_by(_ROW.kind)
    )


def _people(now: datetime) -> AnySelect:
    return (
        select(_ROW.kind, func.count(_ROW.rcpt_key.distinct()).label("number"))
        .where(_ROW.created_at >= bindparam("since", now, type_=UtcDateTime))
        .group_by(_ROW.kind)
    )


def _expired(now: datetime) -> AnySelect:
    return (
        select(_ROW.kind, func.count().label("number"))
        .where(
            _ROW.state == State.CANCELLED,
            _ROW.ended_because == Ended.EXPIRED,
            _ROW.finished_at >= bindparam("since", now, type_=UtcDateTime),
            sql_within(_ROW.finished_at, now, EVER),
        )
        .group_by(_ROW.kind)
    )


@cache
def _renewable(kinds: tuple[str, ...]) -> WrittenOnce:
    newer = aliased(_ROW)
    later = select(newer.id).where(
        newer.rcpt_key == _ROW.rcpt_key, newer.kind == _ROW.kind, newer.id > _ROW.id
    )

    def build(now: datetime) -> AnySelect:
        return (
            select(_ROW.kind, _ROW.rcpt_to, _ROW.stands_on)
            .where(
                _ROW.state == State.CANCELLED,
                _ROW.ended_because == Ended.EXPIRED,
                sql_within(_ROW.finished_at, now, RENEWABLE),
                _ROW.kind.in_(kinds),
                ~later.exists(),
            )
            .order_by(_ROW.id)
            .limit(AT_MOST)
        )

    return WrittenOnce(build)


# Built once: the page asks all of them in an outage, when everybody looks at it.
_WAITING, _PEOPLE, _EXPIRED = WrittenOnce(_waiting), WrittenOnce(_people), WrittenOnce(_expired)
