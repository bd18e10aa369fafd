"""What people change about themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.accounts import account_mails, throttle
from app.accounts.access import end_access
from app.accounts.models import User
from app.audit.log import record
from app.runtime import Runtime
from app.web.context import Actor

WRONG_CURRENT = "current-password"
WRONG_CURRENT_LIMIT, WINDOW = 5, timedelta(minutes=15)


def rename(session: Session, *, user: User, name: str, now: datetime, actor: Actor) -> None:
    """Store another name and audit it."""
    if name == user.name:
        return
    changes = {"name": {"old": user.name, "new": name}}
    user.name = name
    record(
        session,
        now=now,
        actor=actor,
        tag="account:renamed",
        target=user.email,
        changes=changes,
    )


def change_password(
    session: Session,
    runtime: Runtime,
    *,
    user: User,
    password_hash: str,
    now: datetime,
    actor: Actor,
) -> None:
    """Store another password. Sessions and links end; the caller starts this session anew."""
    user.password_hash = password_hash
    end_access(session, user=user, now=now)
    record(
        session,
        now=now,
        actor=actor,
        tag="password:changed",
        target=user.email,
        changes={"password": "changed"},
    )
    account_mails.password_changed(session, runtime, user=user, now=now)


def may_try_current(session: Session, *, user: User, now: datetime) -> datetime | None:
    """Count a try at the present password before it is checked: ``None``, or when to come back.

    A session left open must not become a place to guess the password at, not even with
    many requests at once. Commit before checking.
    """
    allowed = throttle.allow(
        session,
        purpose=WRONG_CURRENT,
        subject=_subject(user),
        limit=WRONG_CURRENT_LIMIT,
        window=WINDOW,
        now=now,
    )
    if allowed:
        return None
    return throttle.retry_at(
        session,
        purpose=WRONG_CURRENT,
        subject=_subject(user),
        limit=WRONG_CURRENT_LIMIT,
        window=WINDOW,
        now=now,
    )


def current_was_right(session: Session, *, user: User) -> None:
    """Whoever knows the password starts with no tries used."""
    throttle.forget(session, purpose=WRONG_CURRENT, subject=_subject(user))


def _subject(user: User) -> str:
    return throttle.subject_of("user", str(user.id))
