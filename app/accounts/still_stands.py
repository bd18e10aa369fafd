"""What a mail with a link or a code stands on, asked when it is sent.

A mail may wait for minutes or days. Meanwhile its link can be used or voided, the lock lifted, the
address changed, or whoever invited an administrator removed. Then it is not sent: at best it would
lead nowhere.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.codes import TRIES
from app.accounts.models import Code, Token, User
from app.accounts.tokens import HANDED_OVER_BY, Purpose, hash_secret
from app.moments import sql_alive
from app.web.guards import Permission

# A worker's session may have seen the row before it changed.
FRESH = {"populate_existing": True}


def on_token(secret: str) -> str:
    """The ``stands_on`` of a mail that carries this link."""
    return f"token:{hash_secret(secret)}"


def on_code(*, purpose: str, subject: str) -> str:
    """The ``stands_on`` of a mail that carries a code for ``subject``."""
    return f"code:{purpose}:{subject}"


def token_stands(session: Session, token_hash: str, now: datetime) -> bool:
    """Whether what a mailed link was made for may still be done, for the address it goes to.

    A link of which a newer one took the place does not count as gone: whoever asked twice gets
    two mails, as they expect, and the older link says what became of it.
    """
    asked = session.scalar(
        select(Token).where(Token.token_hash == token_hash).execution_options(**FRESH)
    )
    if asked is None:
        return False
    live = select(Token).where(
        Token.user_id == asked.user_id,
        Token.purpose == asked.purpose,
        Token.used_at.is_(None),
        Token.voided_at.is_(None),
        sql_alive(Token.created_at, Token.expires_at, now),
    )
    token = session.scalar(live.order_by(Token.id.desc()).limit(1).execution_options(**FRESH))
    if token is None or HANDED_OVER_BY in token.bound:
        return False  # gone, or another link to the same end was handed over instead
    user = session.get_one(User, token.user_id, populate_existing=True)
    proves = asked.bound.get("email")
    current = user.pending_email if token.purpose == Purpose.CHANGE_EMAIL else user.email
    return proves in (None, current) and _may_invite(session, token)


def code_stands(session: Session, which: str, now: datetime) -> bool:
    """Whether there is a code to type; ``which`` is as in :func:`on_code`."""
    purpose, _, subject = which.partition(":")
    live = select(Code.id).where(
        Code.purpose == purpose,
        Code.subject == subject,
        Code.used_at.is_(None),
        Code.tries < TRIES,
        sql_alive(Code.created_at, Code.expires_at, now),
    )
    return session.scalar(live) is not None


def _may_invite(session: Session, token: Token) -> bool:
    """An administrator's invitation goes out while whoever sent it may make administrators."""
    inviter = token.bound.get("invited_by_id")
    if inviter is None:
        return True
    person = session.get(User, inviter, populate_existing=True)
    return person is not None and person.denial(Permission.SYSTEM_CONFIGURE) is None
