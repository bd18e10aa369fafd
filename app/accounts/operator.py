"""What the operator can do from the shell, so that nobody is ever locked out for good."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from app.accounts import lockout, reset
from app.accounts.models import User
from app.accounts.users import create_user, end_access, find
from app.audit.log import record
from app.mail.addresses import Address
from app.runtime import Runtime
from app.web.context import Actor

SHELL = Actor(None, "shell", None)


class Made(StrEnum):
    """Whether the administrator is a new person."""

    CREATED = "created"
    PROMOTED = "promoted"


def make_administrator(
    session: Session, *, address: Address, name: str, password_hash: str, now: datetime
) -> Made:
    """An administrator who can work at once: verification is waived for them.

    Somebody who has an account keeps it, gets the role and the new password, and their
    sessions and links end.
    """
    user = find(session, address)
    if user is None:
        user = create_user(
            session,
            now=now,
            address=address,
            name=name,
            password_hash=password_hash,
            install_admin=True,
            verification_waived=True,
        )
        record(session, now=now, actor=SHELL, tag="administrator:created", target=user.email)
        return Made.CREATED
    user.is_install_admin = True
    user.verification_waived = True
    user.password_hash = password_hash
    end_access(session, user=user, now=now)
    record(
        session,
        now=now,
        actor=SHELL,
        tag="administrator:promoted",
        target=user.email,
        changes={"password": "changed"},
    )
    return Made.PROMOTED


def unlock(session: Session, *, user: User, now: datetime) -> bool:
    """Lift the locks of a person and forget the failures; whether there was a lock. Audited."""
    locked = lockout.latest(session, address=user.address, user=user, now=now) is not None
    lockout.forget_all(session, user=user)
    if locked:
        record(session, now=now, actor=SHELL, tag="login:unlocked", target=user.email_key)
    return locked


def reset_link(session: Session, runtime: Runtime, *, user: User, now: datetime) -> str:
    """A reset link to hand over in person; works while mail is pending. Audited."""
    link = reset.make_link(session, runtime, user=user, now=now)
    record(session, now=now, actor=SHELL, tag="password:reset-link-made", target=user.email)
    return link
