"""The row with the tokens: one renewal at a time in the whole install, by a claim on it.

A claim is an update under the fence that was seen, with a lease; it is committed before the sign-in
service is asked. Whoever finishes writes under the fence of the claim: a configuration that was
saved meanwhile, or a claim whose lease ran out, makes that a write to no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.counters import count
from app.crypto.box import SealedBox
from app.crypto.secret import Secret
from app.mail.failures import FailureCode
from app.mail.oauth.tokens import Tokens
from app.mailer.models import MailerTokens
from app.moments import sql_not_after
from app.sealing import ACCESS_TOKEN, REFRESH_TOKEN

TOKENS_ID = 1

LEASE = timedelta(seconds=45)
"""How long a claim holds: longer than one call to a sign-in service and the commits around it."""

_NO_FAILURE: dict[str, Any] = {
    "failed_at": None,
    "failed_code": None,
    "failed_chip": None,
    "ask_again_at": None,
}
_NOTHING: dict[str, Any] = _NO_FAILURE | {
    "destination": "",
    "refresh_sealed": None,
    "access_sealed": None,
    "access_expires_at": None,
    "connected_as": None,
    "connected_at": None,
    "renewed_at": None,
    "lease_until": None,
}


@dataclass(frozen=True)
class Claimed:
    """The right to renew. ``refresh`` is what was stored when it was given."""

    fence: int
    destination: str
    refresh: str | None


def look(session: Session) -> MailerTokens | None:
    """The row as it is now, whatever this session saw of it before."""
    return session.get(MailerTokens, TOKENS_ID, populate_existing=True)


def forget(session: Session) -> None:
    """The tokens were for something else, or somebody disconnects. Late renewals write nothing."""
    _change(session, **_NOTHING)


def doubt(session: Session) -> None:
    """The secret is another one now: what it is worth shows with the next token. Whoever signed in
    has done so all the same."""
    _change(
        session,
        access_sealed=None,
        access_expires_at=None,
        renewed_at=None,
        lease_until=None,
        **_NO_FAILURE,
    )


def connect(
    session: Session, box: SealedBox, destination: str, tokens: Tokens, now: datetime
) -> None:
    """A person signed in: these tokens stand in place of whatever was there. A renewal that is
    under way writes nothing. The caller commits."""
    assert tokens.refresh is not None
    _ensure(session)
    place = REFRESH_TOKEN.place(TOKENS_ID, destination=destination)
    _change(
        session,
        destination=destination,
        refresh_sealed=box.seal_secret(tokens.refresh, place),
        access_sealed=seal_access(box, tokens.access, destination),
        access_expires_at=tokens.expires_at,
        connected_as=tokens.person,
        connected_at=now,
        renewed_at=now,
        lease_until=None,
        **_NO_FAILURE,
    )


def claim(session: Session, destination: str, now: datetime) -> Claimed | None:
    """The right to renew the tokens of ``destination``; ``None`` while somebody else has it. The
    caller commits before it asks anybody."""
    _ensure(session)
    row = MailerTokens
    free = or_(row.lease_until.is_(None), sql_not_after(row.lease_until, now, LEASE))
    found = session.execute(
        update(row)
        .where(row.id == TOKENS_ID, free)
        .values(fence=row.fence + 1, lease_until=now + LEASE)
        .returning(row.fence, row.destination, row.refresh_sealed)
        .execution_options(synchronize_session=False)
    ).first()
    if found is None:
        return None
    if found.destination == destination:
        return Claimed(found.fence, destination, found.refresh_sealed)
    session.execute(
        update(row)
        .where(row.id == TOKENS_ID)
        .values(_NOTHING | {"destination": destination, "lease_until": now + LEASE})
        .execution_options(synchronize_session=False)
    )
    return Claimed(found.fence, destination, None)


def keep(
    session: Session,
    box: SealedBox,
    claimed: Claimed,
    tokens: Tokens,
    now: datetime,
) -> bool:
    """Store what the service gave; whether the claim still held. The caller commits before it uses
    any of it: a refresh token that was replaced may be good for nothing any more.

    An answer without a refresh token leaves the stored one as it is.
    """
    values: dict[str, Any] = {
        "access_sealed": seal_access(box, tokens.access, claimed.destination),
        "access_expires_at": tokens.expires_at,
        "refresh_sealed": claimed.refresh,
        "renewed_at": now,
        "lease_until": None,
        **_NO_FAILURE,
    }
    if tokens.refresh is not None:
        place = REFRESH_TOKEN.place(TOKENS_ID, destination=claimed.destination)
        values["refresh_sealed"] = box.seal_secret(tokens.refresh, place)
    return _counted(session, "renewed", _finish(session, claimed, values))


def note_failure(
    session: Session,
    claimed: Claimed,
    *,
    code: FailureCode,
    chip: str | None,
    now: datetime,
    ask_again_at: datetime | None,
) -> bool:
    """Why there is no new token. What is stored stays: it may be good for a while."""
    values = {
        "lease_until": None,
        "failed_at": now,
        "failed_code": code.value,
        "failed_chip": chip[:40] if chip else None,
        "ask_again_at": ask_again_at,
    }
    return _counted(session, code.value, _finish(session, claimed, values))


def _counted(session: Session, outcome: str, kept: bool) -> bool:
    if kept:
        count(session, "token_renewals", {"outcome": outcome})
    return kept


def give_up(session: Session, claimed: Claimed) -> None:
    """Let go of the claim: nobody was asked."""
    _finish(session, claimed, {"lease_until": None})


def access_of(row: MailerTokens, box: SealedBox) -> Secret | None:
    """The access token. Raises :class:`~app.crypto.box.SealBroken`."""
    if row.access_sealed is None:
        return None
    return box.open_secret(row.access_sealed, ACCESS_TOKEN.place_in(row))


def refresh_of(claimed: Claimed, box: SealedBox) -> Secret | None:
    """The refresh token. Raises :class:`~app.crypto.box.SealBroken`."""
    if claimed.refresh is None:
        return None
    place = REFRESH_TOKEN.place(TOKENS_ID, destination=claimed.destination)
    return box.open_secret(claimed.refresh, place)


def check_refresh(row: MailerTokens, box: SealedBox) -> None:
    """Raises :class:`~app.crypto.box.SealBroken` when the refresh token does not open."""
    if row.refresh_sealed is not None:
        box.open(row.refresh_sealed, REFRESH_TOKEN.place_in(row))


def seal_access(box: SealedBox, access: Secret, destination: str) -> str:
    return box.seal_secret(access, ACCESS_TOKEN.place(TOKENS_ID, destination=destination))


def _finish(session: Session, claimed: Claimed, values: dict[str, Any]) -> bool:
    row = MailerTokens
    found = session.execute(
        update(row)
        .where(row.id == TOKENS_ID, row.fence == claimed.fence)
        .values(fence=row.fence + 1, **values)
        .returning(row.id)
        .execution_options(synchronize_session=False)
    ).first()
    return found is not None


def _change(session: Session, **values: Any) -> None:
    session.execute(
        update(MailerTokens)
        .where(MailerTokens.id == TOKENS_ID)
        .values(fence=MailerTokens.fence + 1, **values)
        .execution_options(synchronize_session=False)
    )


def _ensure(session: Session) -> None:
    """The row exists from here on, whoever else makes it at the same moment."""
    insert = (
        postgres_insert(MailerTokens)
        if session.get_bind().dialect.name == "postgresql"
        else sqlite_insert(MailerTokens)
    )
    session.execute(
        insert.values(id=TOKENS_ID, fence=0, destination="").on_conflict_do_nothing(
            index_elements=["id"]
        )
    )
