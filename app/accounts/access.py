"""The one way to end all that lets somebody in as a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import lockout, session_rows, tokens
from app.accounts.models import User


def end_access(session: Session, *, user: User, now: datetime) -> None:
    """Sessions, links that were mailed, known browsers and a change of address under way end.

    For a new password, for a role that was taken away and for an account that goes: nothing that
    was given out before may still open it. Locks go as well, since what was guessed at is gone.
    """
    lockout.forget_all(session, user=user)
    session_rows.end_all(session, user=user, now=now)
    tokens.void(session, user=user, now=now)
    user.pending_email = None
