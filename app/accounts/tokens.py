"""Link secrets: 256 bits at random, stored hashed, good for one use."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import Token, User
from app.moments import sql_alive
from app.web.guards import Permission

HANDED_OVER_BY = "handed_over_by_id"
"""In what a link is bound to: the install administrator who was shown it."""


class Purpose(StrEnum):
    """What a link is for. A secret of one purpose is worthless for another."""

    PASSWORD_RESET = "password-reset"  # noqa: S105 - a name, not a password
    VERIFY_EMAIL = "verify-email"
    CHANGE_EMAIL = "change-email"
    ADMIN_INVITATION = "admin-invitation"


def new_secret() -> str:
    """A fresh secret of 256 bits for a link, in URL-safe letters."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """What is stored instead. Plain SHA-256 is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def issue(
    session: Session,
    *,
    purpose: str,
    user: User,
    now: datetime,
    lifetime: timedelta,
    bound: dict[str, Any] | None = None,
) -> str:
    """A new secret for that person; older ones of the same purpose stop working."""
    void(session, user=user, now=now, purposes=(purpose,))
    secret = new_secret()
    session.add(
        Token(
            purpose=purpose,
            token_hash=hash_secret(secret),
            user_id=user.id,
            bound=bound or {},
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    session.flush()
    return secret


def find(session: Session, *, purpose: str, secret: str, now: datetime) -> Token | None:
    """The live token behind a secret. Looking uses nothing up."""
    return session.scalar(
        select(Token).where(
            Token.token_hash == hash_secret(secret),
            Token.purpose == purpose,
            Token.used_at.is_(None),
            Token.voided_at.is_(None),
            sql_alive(Token.created_at, Token.expires_at, now),
        )
    )


def find_used(session: Session, *, purpose: str, secret: str) -> Token | None:
    """The token behind a secret that was used up. It opens nothing any more."""
    return session.scalar(
        select(Token).where(
            Token.token_hash == hash_secret(secret),
            Token.purpose == purpose,
            Token.used_at.is_not(None),
        )
    )


def claim(session: Session, *, purpose: str, secret: str, now: datetime) -> Token | None:
    """Use a secret up. Of any number of claims at once, exactly one gets the token."""
    claimed = session.execute(
        update(Token)
        .where(
            Token.token_hash == hash_secret(secret),
            Token.purpose == purpose,
            Token.used_at.is_(None),
            Token.voided_at.is_(None),
            sql_alive(Token.created_at, Token.expires_at, now),
        )
        .values(used_at=now)
        .returning(Token.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return None if claimed is None else session.get(Token, claimed, populate_existing=True)


def opens(session: Session, token: Token, user: User) -> bool:
    """Whether a live link may still open that person's account.

    One that an install administrator was shown does while that is one, and for no other install
    administrator, whatever they were when it was made.
    """
    maker_id = token.bound.get(HANDED_OVER_BY)
    if maker_id is None:
        return True
    maker = session.get(User, maker_id, populate_existing=True)
    may = maker is not None and maker.denial(Permission.SYSTEM_CONFIGURE) is None
    return may and not user.is_install_admin


def void(
    session: Session, *, user: User, now: datetime, purposes: Sequence[str] | None = None
) -> None:
    """End the live tokens of a person: those of some purposes, or all of them."""
    statement = update(Token).where(
        Token.user_id == user.id, Token.used_at.is_(None), Token.voided_at.is_(None)
    )
    if purposes is not None:
        statement = statement.where(Token.purpose.in_(purposes))
    session.execute(statement.values(voided_at=now).execution_options(synchronize_session=False))
