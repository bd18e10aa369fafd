"""Short secrets that a person types: one live per subject, ten minutes, five tries.

The tries are counted in the row by the UPDATE that looks at it, so neither fresh cookies
nor many requests at once buy a sixth (OWASP ASVS 6.5).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.accounts.models import Code
from app.moments import sql_alive
from app.runtime import Runtime

LIFETIME = timedelta(minutes=10)
TRIES = 5
# Nobody mistakes these for one another, read aloud or in any typeface.
LETTERS = "ACDEFHJKMNPQRTVWXY34679"
LETTERS_LENGTH = 8
DIGITS = "0123456789"
DIGITS_LENGTH = 6


class CodePurpose(StrEnum):
    UNLOCK = "unlock"
    SIGNUP = "signup"


_SHAPES = {
    CodePurpose.UNLOCK: (LETTERS, LETTERS_LENGTH),
    CodePurpose.SIGNUP: (DIGITS, DIGITS_LENGTH),
}


def issue(
    session: Session, runtime: Runtime, *, purpose: CodePurpose, subject: str, now: datetime
) -> str:
    """A new code; it takes the place of the one before and its tries.

    Raises ``KeysUnusable`` without an install key: six digits need a keyed hash.
    """
    alphabet, length = _SHAPES[purpose]
    code = "".join(secrets.choice(alphabet) for _ in range(length))
    session.execute(delete(Code).where(Code.purpose == purpose, Code.subject == subject))
    session.add(
        Code(
            purpose=purpose,
            subject=subject,
            code_hash=_hash(runtime.box.ring.newest.derive(_PEPPER), purpose, subject, code),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    session.flush()
    return code


def check(
    session: Session,
    runtime: Runtime,
    *,
    purpose: CodePurpose,
    subject: str,
    code: str,
    now: datetime,
) -> bool:
    """Whether the code is right; a right one is used up. The caller commits either way."""
    row = session.execute(
        update(Code)
        .where(
            Code.purpose == purpose,
            Code.subject == subject,
            Code.used_at.is_(None),
            sql_alive(Code.created_at, Code.expires_at, now),
            Code.tries < TRIES,
        )
        .values(tries=Code.tries + 1)
        .returning(Code.id, Code.code_hash)
        .execution_options(synchronize_session=False)
    ).first()
    stored = row.code_hash if row else ""
    typed = plain(code)
    fits = False
    for key in runtime.box.ring.keys:
        candidate = _hash(key.derive(_PEPPER), purpose, subject, typed)
        fits = hmac.compare_digest(candidate, stored) or fits
    if row is None or not fits:
        return False
    session.execute(
        update(Code)
        .where(Code.id == row.id)
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return True


def discard(session: Session, *, purpose: CodePurpose, subject: str) -> None:
    """Forget the code of a subject, used or not."""
    session.execute(delete(Code).where(Code.purpose == purpose, Code.subject == subject))


def plain(code: str) -> str:
    """As issued: people type spaces, dashes and small letters."""
    return "".join(c for c in code if c.isalnum()).upper()


_PEPPER = "novantra typed codes"


def _hash(pepper: bytes, purpose: str, subject: str, code: str) -> str:
    message = f"{purpose}:{subject}:{code}".encode("utf-8", "replace")
    return hmac.new(pepper, message, hashlib.sha256).hexdigest()
