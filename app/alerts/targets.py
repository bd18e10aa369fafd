"""Targets are added, read and removed. Their addresses and secrets are sealed, bound to their kind
and host, and never shown whole again; the audit log names neither."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.alerts.incidents import begin, catch_up
from app.alerts.kinds import Address, AddressRefused, Kind, checked
from app.alerts.models import AlertTarget
from app.alerts.outcomes import Answer
from app.audit.log import record
from app.config import Config
from app.crypto.box import SealBroken, SealedBox
from app.crypto.secret import Secret
from app.runtime import Runtime
from app.sealing import ALERT_SECRET, ALERT_URL
from app.web.context import Actor

MOST = 20
"""Targets of one install: each alert goes to all of them."""

PING_EVERY = timedelta(minutes=5)
PING_AGAIN = timedelta(minutes=1)


class TooManyTargets(Exception):
    """There are :data:`MOST` of them."""


@dataclass(frozen=True)
class Opened:
    """What a request to a target needs."""

    id: str
    kind: Kind
    address: Address
    secret: Secret | None


def everything(session: Session) -> list[AlertTarget]:
    """All targets, by name."""
    return list(
        session.scalars(select(AlertTarget).order_by(func.lower(AlertTarget.name), AlertTarget.id))
    )


def add(
    session: Session,
    runtime: Runtime,
    *,
    kind: Kind,
    name: str,
    address: Address,
    secret: Secret | None,
    now: datetime,
    actor: Actor,
) -> AlertTarget:
    """Store a target and audit it; the caller commits.

    :raises TooManyTargets: there are enough
    :raises KeysUnusable: the install has no key to seal the address with
    """
    if (session.scalar(select(func.count()).select_from(AlertTarget)) or 0) >= MOST:
        raise TooManyTargets
    target = AlertTarget(
        id=secrets.token_hex(16),
        kind=kind,
        name=name,
        host=address.host,
        ending=address.ending,
        created_at=now,
        created_by=actor.label[:320],
        ping_at=now if kind is Kind.PING else None,
    )
    target.url_sealed = runtime.box.seal(address.url.encode(), ALERT_URL.place_in(target))
    if secret:
        target.secret_sealed = runtime.box.seal_secret(secret, ALERT_SECRET.place_in(target))
    session.add(target)
    session.flush()
    begin(session, runtime)
    if kind is not Kind.PING:
        catch_up(session, target, now)
    _audit(session, target, now, actor, tag="alerts:target-added", added=True)
    return target


def remove(session: Session, target: AlertTarget, *, now: datetime, actor: Actor) -> None:
    """Nothing goes there any more, whatever was on its way; the caller commits."""
    _audit(session, target, now, actor, tag="alerts:target-removed", added=False)
    session.delete(target)
    session.flush()


def _audit(
    session: Session, target: AlertTarget, now: datetime, actor: Actor, *, tag: str, added: bool
) -> None:
    def change(value: object) -> dict[str, object]:
        return {"old": None, "new": value} if added else {"old": value, "new": None}

    changes: dict[str, object] = {
        "kind": change(target.kind),
        "host": change(target.host),
        "address": "set" if added else "removed",
    }
    if target.secret_sealed:
        changes["secret"] = "set" if added else "removed"
    record(session, now=now, actor=actor, tag=tag, target=target.name, changes=changes)


def opened(target: AlertTarget, box: SealedBox, config: Config) -> Opened:
    """What a request needs, checked again by the rules of this moment.

    :raises SealBroken: the keys do not open it, or the row was changed outside the program
    :raises AddressRefused: the address may not be used any more
    """
    kind = Kind(target.kind)
    if target.url_sealed is None:
        raise SealBroken("The address of an alert target is not stored.")
    url = box.open_secret(target.url_sealed, ALERT_URL.place_in(target))
    secret = None
    if target.secret_sealed is not None:
        secret = box.open_secret(target.secret_sealed, ALERT_SECRET.place_in(target))
    elif kind is Kind.WEBHOOK:
        raise SealBroken("The signing secret of a webhook is not stored.")
    address = checked(kind, url.reveal(), config)
    if address.host != target.host:
        raise AddressRefused("The stored address is not the one that is shown.")
    return Opened(target.id, kind, address, secret)


def note(target: AlertTarget, answer: Answer, *, final: bool, now: datetime) -> None:
    """What became of a request. One that got through puts a broken target back to work."""
    target.tried_at, target.outcome, target.status = now, answer.outcome, answer.status
    if answer.taken:
        target.succeeded_at, target.broken_at = now, None
    elif final and target.broken_at is None:
        target.broken_at = now
