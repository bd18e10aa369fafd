"""People: made and found, and the one way to end all that lets somebody in as a person.

An address is looked up by its key, in one place.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import lockout, sessions, tokens
from app.accounts.models import User
from app.mail.addresses import Address


class AddressTaken(Exception):
    """Somebody with this address exists already."""


def create_user(
    session: Session,
    *,
    now: datetime,
    address: Address,
    name: str,
    password_hash: str | None = None,
    install_admin: bool = False,
    verified: bool = False,
    verification_waived: bool = False,
) -> User:
    """Add a person. Raises :class:`AddressTaken`.

    Without a password hash nobody can sign in as them until a mailed link sets one.
    """
    user = User(
        address=address,
        name=name,
        password_hash=password_hash,
        email_verified_at=now if verified else None,
        is_install_admin=install_admin,
        verification_waived=verification_waived,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError:
        raise AddressTaken from None
    return user


def find(session: Session, address: Address) -> User | None:
    """The person with that address, however its letters are written."""
    return session.scalar(select(User).where(User.email_key == address.key))


def end_access(session: Session, *, user: User, now: datetime) -> None:
    """Sessions, links that were mailed, known browsers and a change of address under way end.

    For a new password, for a role that was taken away and for an account that goes: nothing that
    was given out before may still open it. Locks go as well, since what was guessed at is gone.
    """
    lockout.forget_all(session, user=user)
    sessions.end_all(session, user=user, now=now)
    tokens.void(session, user=user, now=now)
    user.pending_email = None
