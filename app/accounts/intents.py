"""Mails asked for by people nobody has looked up yet.

A request writes the same row for every address. The worker finds out later whether somebody
has the address, makes the secret and queues the mail, all in one transaction. So a known
address costs a request exactly what an unknown one costs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app import correlation
from app.accounts import reset, unlock
from app.accounts.models import MailIntent, User
from app.crypto.keys import KeysUnusable
from app.in_steps import in_steps
from app.mail.addresses import Address
from app.mailer.active import MailPending, require_mail
from app.moments import sql_within, within
from app.outbox.aside import Trouble, alone_in
from app.outbox.wakeup import waker_of
from app.runtime import Expired, Promised, Runtime
from app.throttle import Limit, TooMany, subject_of_address, take
from app.written_once import AnySelect, WrittenOnce

PASSWORD_RESET = "password-reset"  # noqa: S105 - a name, not a password
UNLOCK_CODE = "unlock-code"
# Mails of one kind to one address.
MAILS, WINDOW = 3, timedelta(minutes=15)
# A mail that comes this long after it was asked for only worries people.
PATIENCE = timedelta(minutes=30)

AT_ONCE, MOMENT = 100, 0.25
"""Requests per transaction, and the seconds that a chore spends on them before others go on."""

STRANGERS_AT_ONCE = 1_000
"""Requests looked at together for those of strangers, which nothing is done for."""

# Word for word the condition of their index, so that it serves.
WAITING = text("set_aside_at IS NULL")

log = logging.getLogger("novantra.accounts")

RESOLVERS: dict[str, Callable[[Session, Runtime, MailIntent, datetime], None]] = {
    PASSWORD_RESET: reset.send_link,
    UNLOCK_CODE: unlock.send_code,
}


def ask(
    session: Session,
    runtime: Runtime,
    *,
    kind: str,
    address: Address,
    ip: str,
    now: datetime,
) -> bool:
    """Ask for a mail to that address; ``False`` when it had three of this kind in 15 minutes."""
    limit = Limit(f"mail:{kind}", MAILS, WINDOW)
    try:
        take(session, limit, subject_of_address(address), now)
    except TooMany:
        return False
    session.add(
        MailIntent(
            kind=kind,
            address=address,
            ip=ip or None,
            created_at=now,
            correlation_id=correlation.current(),
        )
    )
    session.flush()
    waker_of(runtime.wake_worker).after(session)
    return True


def ask_anew(session: Session, runtime: Runtime, mails: Sequence[Expired], _actor: object) -> int:
    """Ask again for links that ran out before they could be sent; how many were."""
    now = runtime.now()
    return sum(
        ask(session, runtime, kind=mail.kind, address=Address.parse(mail.to), ip="", now=now)
        for mail in mails
    )


def asked(session: Session) -> list[Expired]:
    """What is asked for and not made yet."""
    rows = session.scalars(select(MailIntent).where(WAITING).order_by(MailIntent.id).limit(1000))
    return [Expired(row.kind, row.address.text) for row in rows]


def resolve(runtime: Runtime) -> bool:
    """Deal with requests, the oldest first, for a moment; whether there were any. A chore.

    Many in one transaction: most of what is asked for thousands of times is asked for addresses
    that nobody has, and the one that somebody has must not wait behind them.
    """
    with runtime.database.session(reading=True) as reading:
        if reading.scalar(select(MailIntent.id).where(WAITING).limit(1)) is None:
            return False
    try:
        in_steps(runtime.database, partial(_resolve_some, runtime=runtime), seconds=MOMENT)
    except KeysUnusable:
        # Nothing can be sealed until the key is back; the requests wait, and age.
        return False
    return True


def promised(session: Session, now: datetime) -> Promised:
    """Requests nobody has looked at yet, those left out that are too old to be answered."""
    found = _PROMISED.one(session, now)
    return Promised(found.number, found.since)


def set_aside(session: Session) -> int:
    """Requests that could not be worked on."""
    return session.scalar(_ASIDE) or 0


def _promised(now: datetime) -> AnySelect:
    return select(
        func.count().label("number"), func.min(MailIntent.created_at).label("since")
    ).where(WAITING, sql_within(MailIntent.created_at, now, PATIENCE))


# Built once: every page of the console asks.
_PROMISED = WrittenOnce(_promised)
_ASIDE = select(func.count()).select_from(MailIntent).where(MailIntent.set_aside_at.is_not(None))


def _resolve_some(session: Session, runtime: Runtime) -> int:
    ids = session.scalars(
        select(MailIntent.id)
        .where(WAITING)
        .order_by(MailIntent.id)
        .limit(STRANGERS_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    strangers = _forget_strangers(session, ids)
    known = [intent_id for intent_id in ids if intent_id not in strangers][:AT_ONCE]
    now, done = runtime.now(), []
    for intent_id in known:
        trouble = alone_in(session, partial(_resolve, session, runtime, intent_id, now))
        if isinstance(trouble, Trouble):
            _put_aside(session, intent_id, trouble.reason, now)
        else:
            done.append(intent_id)
    session.execute(delete(MailIntent).where(MailIntent.id.in_(done)))
    return len(ids)


def _forget_strangers(session: Session, ids: Sequence[int]) -> set[int]:
    """Drop those who asked for a reset of an account that does not exist, all in one statement."""
    somebody = select(User.id).where(User.email_key == MailIntent.email_key).exists()
    return set(
        session.scalars(
            delete(MailIntent)
            .where(MailIntent.id.in_(ids), MailIntent.kind == PASSWORD_RESET, ~somebody)
            .returning(MailIntent.id)
            .execution_options(synchronize_session=False)
        )
    )


def _resolve(session: Session, runtime: Runtime, intent_id: int, now: datetime) -> None:
    intent = session.get_one(MailIntent, intent_id)
    if within(intent.created_at, now, PATIENCE) and _mail_is_set_up(session, runtime):
        with correlation.belonging_to(intent.correlation_id):
            RESOLVERS[intent.kind](session, runtime, intent, now)


def _put_aside(session: Session, intent_id: int, reason: str, now: datetime) -> None:
    log.error("a request for a mail is set aside: %s", reason, extra={"intent": intent_id})
    session.execute(
        update(MailIntent)
        .where(MailIntent.id == intent_id)
        .values(set_aside_at=now, set_aside_because=reason)
        .execution_options(synchronize_session=False)
    )


def _mail_is_set_up(session: Session, runtime: Runtime) -> bool:
    try:
        require_mail(session, runtime)
    except MailPending:
        return False
    return True
