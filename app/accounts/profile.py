"""What people change about themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.accounts import account_mails
from app.accounts.models import User
from app.accounts.users import end_access
from app.audit.log import change, record
from app.runtime import Runtime
from app.throttle import Limit, forget, subject_of, take
from app.web.context import Actor

TRIES_AT_CURRENT = Limit("current-password", 5, timedelta(minutes=15))


def rename(session: Session, *, user: User, name: str, now: datetime, actor: Actor) -> None:
    """Store another name and audit it."""
    tag = "account:renamed"
    change(session, user, "name", name, now=now, actor=actor, tag=tag, target=user.email)


def choose_time_zone(
    session: Session, *, user: User, name: str | None, now: datetime, actor: Actor
) -> None:
    """Store the name of a zone, or ``None`` for the install's, and audit it."""
    tag = "account:time-zone-changed"
    change(session, user, "time_zone", name, now=now, actor=actor, tag=tag, target=user.email)


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


def try_current(session: Session, *, user: User, now: datetime) -> None:
    """Count a try at the present password before it is checked. Raises ``TooMany``.

    A session left open must not become a place to guess the password at, not even with
    many requests at once. Commit before checking.
    """
    take(session, TRIES_AT_CURRENT, _subject(user), now)


def current_was_right(session: Session, *, user: User) -> None:
    """Whoever knows the password starts with no tries used."""
    forget(session, TRIES_AT_CURRENT, _subject(user))


def _subject(user: User) -> str:
    return subject_of("user", str(user.id))
