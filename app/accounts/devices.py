"""Known browsers: a browser this person proved themselves in before has a guard of its own.

Strangers can always lock an address: five wrong passwords are enough. A browser that the person
signed in from before counts its own failures and has its own lock, so strangers do not keep them
out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). It is no way around the
password, and no more guesses: five tries per browser, like everywhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import KnownDevice, User
from app.accounts.tokens import hash_secret, new_secret
from app.moments import sql_within
from app.throttle import subject_of

LIFETIME = timedelta(days=180)
# The oldest is forgotten when a person proves themselves in one more.
PER_PERSON = 20
NOBODY = 0  # no person has this id


def find(
    session: Session, *, secret: str | None, user_id: int | None, now: datetime
) -> KnownDevice | None:
    """The row of this browser and this person. An address that nobody has costs the same look."""
    return session.scalar(
        select(KnownDevice).where(
            KnownDevice.secret_hash == hash_secret(secret or ""),
            KnownDevice.user_id == (NOBODY if user_id is None else user_id),
            sql_within(KnownDevice.last_used_at, now, LIFETIME),
        )
    )


def remember(
    session: Session, *, user: User, secret: str | None, now: datetime
) -> tuple[KnownDevice, str]:
    """Know this browser from now on: the row and the new secret for its cookie.

    The secret changes every time, so that one planted or copied before is worth nothing. Other
    people who use this browser stay known in it.
    """
    fresh = new_secret()
    if secret:
        session.execute(
            update(KnownDevice)
            .where(KnownDevice.secret_hash == hash_secret(secret))
            .values(secret_hash=hash_secret(fresh))
            .execution_options(synchronize_session=False)
        )
    device = session.scalar(
        select(KnownDevice)
        .where(KnownDevice.secret_hash == hash_secret(fresh), KnownDevice.user_id == user.id)
        .execution_options(populate_existing=True)
    )
    if device is None:
        device = KnownDevice(secret_hash=hash_secret(fresh), user_id=user.id, created_at=now)
        session.add(device)
    device.last_used_at = now
    session.flush()
    _forget_oldest(session, user)
    return device, fresh


def subject(device: KnownDevice) -> str:
    """Under which its failures are counted. Its id is never given to another browser."""
    return subject_of("device", str(device.id))


def subjects(session: Session, user_ids: list[int]) -> dict[str, int]:
    """The subjects of all browsers of these people: subject → whose."""
    rows = session.scalars(select(KnownDevice).where(KnownDevice.user_id.in_(user_ids)))
    return {subject(row): row.user_id for row in rows}


def _forget_oldest(session: Session, user: User) -> None:
    old = session.scalars(
        select(KnownDevice.id)
        .where(KnownDevice.user_id == user.id)
        .order_by(KnownDevice.last_used_at.desc(), KnownDevice.id.desc())
        .offset(PER_PERSON)
    ).all()
    if old:
        session.execute(delete(KnownDevice).where(KnownDevice.id.in_(old)))
