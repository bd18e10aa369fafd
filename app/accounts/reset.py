"""Password resets: the link, and what choosing a new password with it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import tokens, users
from app.accounts.account_mails import password_changed
from app.accounts.models import MailIntent, Token, User
from app.accounts.still_stands import on_token
from app.accounts.tokens import Purpose
from app.accounts.users import end_access
from app.audit.log import record
from app.install.service import links
from app.outbox.queue import enqueue
from app.runtime import Runtime
from app.web.context import Actor

LIFETIME = timedelta(minutes=30)


def make_link(
    session: Session,
    runtime: Runtime,
    *,
    user: User,
    now: datetime,
    bound: dict[str, Any] | None = None,
) -> str:
    """A link that lets that person choose a new password; voids the one before."""
    secret = tokens.issue(
        session,
        purpose=Purpose.PASSWORD_RESET,
        user=user,
        now=now,
        lifetime=LIFETIME,
        bound=bound,
    )
    return links(session, runtime.config).to("reset-password", secret)


def send_link(session: Session, runtime: Runtime, intent: MailIntent, now: datetime) -> None:
    """Mail a link to the stored address of whoever asked, if anybody has that address."""
    user = users.find(session, intent.address)
    if user is None:
        return
    link = make_link(session, runtime, user=user, now=now)
    enqueue(
        session,
        runtime,
        kind="password-reset",
        to=user.address,
        time_zone=user.time_zone,
        context={
            "link": link,
            "email": user.email,
            "expires_at": now + LIFETIME,
        },
        expires_at=now + LIFETIME,
        stands_on=on_token(link.rpartition("/")[2]),
    )


def find(session: Session, *, secret: str, now: datetime) -> tuple[Token, User] | None:
    """The live token of a link and its person. Looking uses nothing up."""
    token = tokens.find(session, purpose=Purpose.PASSWORD_RESET, secret=secret, now=now)
    user = session.get(User, token.user_id) if token else None
    return (token, user) if token and user and tokens.opens(session, token, user) else None


def finish(
    session: Session,
    runtime: Runtime,
    *,
    secret: str,
    password_hash: str,
    ip: str,
    now: datetime,
) -> User | None:
    """Use the link up and store the password; ``None`` when the link no longer works.

    Every session ends, every other link to this account stops working, no browser is known any
    more, locks are gone and the owner is told. Nobody is signed in.
    """
    token = tokens.claim(session, purpose=Purpose.PASSWORD_RESET, secret=secret, now=now)
    user = session.get(User, token.user_id) if token else None
    if token is None or user is None or not tokens.opens(session, token, user):
        return None
    user.password_hash = password_hash
    end_access(session, user=user, now=now)
    record(
        session,
        now=now,
        actor=Actor(user.id, user.email, ip),
        tag="password:reset",
        target=user.email,
        changes={"password": "changed"},
    )
    password_changed(session, runtime, user=user, now=now)
    return user
