"""Takes what is due, makes the request with no transaction open, and writes down what became of it.

A claim is committed before the network, with a lease and a fence: several processes never make the
same request at once, and one that was killed in the middle is made again after its lease, under the
same ``webhook-id``.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from app.alerts import targets
from app.alerts.kinds import AddressRefused, Kind
from app.alerts.models import AlertDelivery, AlertMessage, AlertTarget
from app.alerts.news import News
from app.alerts.outcomes import Answer, Outcome, is_final
from app.alerts.payloads import PING, request_for
from app.alerts.post import send
from app.counters import count
from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.moments import sql_lies_ahead, sql_not_after
from app.runtime import Runtime

LEASE = timedelta(minutes=1)
"""More than a request and its writing down can take."""

AGAIN_AFTER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
)
"""Before the second try, the third and so on (Standard Webhooks, "Delivery"); then no more."""

log = logging.getLogger("novantra.alerts")


@dataclass(frozen=True)
class Claim:
    """A delivery in this process's hands."""

    id: str
    fence: int
    attempts: int
    message_id: str
    target_id: str


def anything_due(session: Session, now: datetime) -> bool:
    """Whether a claim may find something."""
    return session.scalar(select(AlertDelivery.id).where(_due(now)).limit(1)) is not None


def _due(now: datetime) -> ColumnElement[bool]:
    row = AlertDelivery
    return or_(
        (row.state == "waiting") & sql_not_after(row.due_at, now, AGAIN_AFTER[-1]),
        (row.state == "sending") & sql_not_after(row.lease_until, now, LEASE),
    )


def claim(runtime: Runtime, most: int) -> list[Claim]:
    """Take up to ``most`` that are due, one for each target: a slow one is not asked twice at a
    time, and leaves room for the others."""
    row, now = AlertDelivery, runtime.now()
    with runtime.database.session(reading=True) as session:
        if not anything_due(session, now):
            return []
    with runtime.database.transaction() as session:
        busy = select(row.target_id).where(
            row.state == "sending", sql_lies_ahead(row.lease_until, now, LEASE)
        )
        found = session.scalars(
            select(row)
            .where(_due(now), row.target_id.not_in(busy))
            .order_by(row.due_at, row.id)
            .limit(100)
            .with_for_update(skip_locked=True)
        ).all()
        claims: dict[str, Claim] = {}
        for each in found:
            if each.target_id in claims or len(claims) >= most:
                continue
            if each.attempts > len(AGAIN_AFTER):
                # Nobody lived to write down what became of the last try: it may be the cause.
                each.state, each.lease_until, each.finished_at = "failed", None, now
                continue
            each.state, each.lease_until = "sending", now + LEASE
            each.fence += 1
            each.attempts += 1
            claims[each.target_id] = Claim(
                each.id, each.fence, each.attempts, each.message_id, each.target_id
            )
        return list(claims.values())


def carry_out(runtime: Runtime, claim: Claim) -> Answer | None:
    """Make the request of a claim; ``None`` when what it is about is gone meanwhile."""
    with runtime.database.session(reading=True) as session:
        target = session.get(AlertTarget, claim.target_id)
        message = session.get(AlertMessage, claim.message_id)
    if target is None or message is None:
        return None
    answer = ask(runtime, target, News.read(message.facts))
    with runtime.database.transaction() as session:
        _settle(session, claim, target, answer, runtime.now())
    log.log(
        logging.INFO if answer.taken else logging.WARNING,
        "alert %s",
        "sent" if answer.taken else "not taken",
        extra={
            "alert": claim.message_id,
            "alert_type": message.type,
            "target": target.id,
            "outcome": answer.outcome.value,
            "status": answer.status,
            "attempt": claim.attempts,
        },
    )
    return answer


def ask(runtime: Runtime, target: AlertTarget, news: News | None) -> Answer:
    """One request to a target, by the rules of this moment. Without news it is a ping."""
    try:
        to = targets.opened(target, runtime.box, runtime.config)
    except (SealBroken, KeysUnusable):
        return Answer(Outcome.LOCKED)
    except AddressRefused:
        return Answer(Outcome.NOT_ALLOWED)
    request = (
        request_for(to.kind, news, secret=to.secret, at=runtime.now()) if news is not None else PING
    )
    return send(to.kind, to.address, request, private=runtime.config.alert_private_targets)


def _settle(
    session: Session, claim: Claim, asked: AlertTarget, answer: Answer, now: datetime
) -> None:
    values: dict[str, object] = {"outcome": answer.outcome, "lease_until": None}
    final = is_final(Kind(asked.kind), answer)
    if answer.taken:
        values |= {"state": "sent", "finished_at": now}
    elif final or claim.attempts > len(AGAIN_AFTER):
        values |= {"state": "failed", "finished_at": now}
    elif _overtaken(session, claim.message_id):
        values |= {"state": "superseded", "finished_at": now}
    else:
        pause = max(AGAIN_AFTER[claim.attempts - 1], answer.retry_after or timedelta(0))
        values |= {"state": "waiting", "due_at": now + pause}
    written = session.execute(
        update(AlertDelivery)
        .where(AlertDelivery.id == claim.id, AlertDelivery.fence == claim.fence)
        .values(values)
        .returning(AlertDelivery.id)
    ).first()
    if written is None:
        return  # somebody else has it by now, or the target was removed
    target = session.get(AlertTarget, claim.target_id, with_for_update=True)
    if target is not None:
        targets.note(target, answer, final=final, now=now)
        if target.broken_at is not None:
            _give_up_on(session, target, now)
    count(session, "alerts", {"kind": asked.kind, "outcome": answer.outcome.value})


def _overtaken(session: Session, message_id: str) -> bool:
    """Whether something newer was said about the same subject."""
    message = session.get(AlertMessage, message_id)
    if message is None:
        return True
    newer = select(AlertMessage.id).where(
        AlertMessage.subject == message.subject, AlertMessage.at > message.at
    )
    return session.scalar(newer.limit(1)) is not None


def _give_up_on(session: Session, target: AlertTarget, now: datetime) -> None:
    session.execute(
        update(AlertDelivery)
        .where(AlertDelivery.target_id == target.id, AlertDelivery.state == "waiting")
        .values(state="failed", finished_at=now)
        .execution_options(synchronize_session=False)
    )


def claim_pings(runtime: Runtime, *, well: bool) -> list[str]:
    """The targets to ping now. While mail is not well nobody is pinged: that is the alarm.

    The next ping's time is written before this one is made, so no two processes make it.
    """
    row, now = AlertTarget, runtime.now()
    due = (row.kind == Kind.PING, sql_not_after(row.ping_at, now, targets.PING_EVERY))
    with runtime.database.session(reading=True) as session:
        if not well or session.scalar(select(row.id).where(*due).limit(1)) is None:
            return []
    with runtime.database.transaction() as session:
        found = session.scalars(
            update(row)
            .where(*due)
            .values(ping_at=now + targets.PING_EVERY)
            .returning(row.id)
            .execution_options(synchronize_session=False)
        )
        return list(found)


def ping(runtime: Runtime, target_id: str) -> Answer | None:
    """Make one ping and note what became of it."""
    with runtime.database.session(reading=True) as session:
        target = session.get(AlertTarget, target_id)
    if target is None:
        return None
    answer, now = ask(runtime, target, None), runtime.now()
    with runtime.database.transaction() as session:
        found = session.get(AlertTarget, target_id, with_for_update=True)
        if found is not None:
            targets.note(found, answer, final=False, now=now)
            if not answer.taken:
                found.ping_at = now + targets.PING_AGAIN
        count(session, "alerts", {"kind": Kind.PING.value, "outcome": answer.outcome.value})
    return answer
