"""Mails asked for by people nobody has looked up yet.

A request writes the same row for every address. The worker finds out later whether somebody
has the address, makes the secret and queues the mail, all in one transaction. So a known
address costs a request exactly what an unknown one costs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import reset, throttle, unlock
from app.accounts.models import MailIntent
from app.crypto.keys import KeysUnusable
from app.mailer.state import MailPending, require_mail
from app.moments import within
from app.outbox.waking import waker_of
from app.runtime import Promised, Runtime

PASSWORD_RESET = "password-reset"  # noqa: S105 - a name, not a password
UNLOCK_CODE = "unlock-code"
MAILS, WINDOW = 3, timedelta(minutes=15)
# A mail that comes this long after it was asked for only worries people.
PATIENCE = timedelta(minutes=30)

RESOLVERS: dict[str, Callable[[Session, Runtime, MailIntent, datetime], None]] = {
    PASSWORD_RESET: reset.send_link,
    UNLOCK_CODE: unlock.send_code,
}


def ask(
    session: Session,
    runtime: Runtime,
    *,
    kind: str,
    email: str,
    email_key: str,
    ip: str,
    now: datetime,
) -> bool:
    """Ask for a mail to that address; ``False`` when it had three of this kind in 15 minutes."""
    subject = throttle.subject_of_address(email_key)
    if not throttle.allow(
        session, purpose=f"mail:{kind}", subject=subject, limit=MAILS, window=WINDOW, now=now
    ):
        return False
    session.add(
        MailIntent(
            kind=kind, email=email[:320], email_key=email_key[:320], ip=ip or None, created_at=now
        )
    )
    session.flush()
    waker_of(runtime.wake_worker).after(session)
    return True


def resolve_next(runtime: Runtime) -> bool:
    """Deal with the oldest request; whether there was one. A chore of the worker."""
    with runtime.database.session(reading=True) as reading:
        if reading.scalar(select(MailIntent.id).limit(1)) is None:
            return False
    now = runtime.now()
    try:
        with runtime.database.transaction() as session:
            intent = session.scalar(
                select(MailIntent)
                .order_by(MailIntent.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if intent is None:
                return False
            session.delete(intent)
            if within(intent.created_at, now, PATIENCE) and _mail_is_set_up(session, runtime):
                RESOLVERS[intent.kind](session, runtime, intent, now)
    except KeysUnusable:
        # Nothing can be sealed until the key is back; the request waits, and ages.
        return False
    return True


def promised(session: Session, now: datetime) -> Promised:
    """Requests nobody has looked at yet, those left out that are too old to be answered."""
    count, since = session.execute(
        select(func.count(), func.min(MailIntent.created_at)).where(
            MailIntent.created_at >= now - PATIENCE
        )
    ).one()
    return Promised(count, since)


def _mail_is_set_up(session: Session, runtime: Runtime) -> bool:
    try:
        require_mail(session, runtime)
    except MailPending:
        return False
    return True
