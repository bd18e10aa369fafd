"""A person connects the mailbox with a code, typed in any browser on any machine (RFC 8628).

What asks the service makes transactions of its own: callers hold none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.mail.failures import Disposition, disposition_of
from app.mail.oauth.refused import TokenRefused
from app.mail.oauth.tokens import ask_device as ask_service
from app.mail.oauth.tokens import begin_device as begin_at_service
from app.mail.transport import TransportError
from app.mailer.models import SignIn
from app.mailer.settings import LoginMethod
from app.mailer.tokens.connecting import (
    Connected,
    SignInRefused,
    begin,
    connect,
    digest_of,
    insist_unchanged,
    no_key,
    refused_by_service,
    saved_for,
    secret_of,
)
from app.moments import lies_ahead
from app.runtime import Runtime
from app.web.context import Actor

LONGEST_DEVICE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(seconds=6)
"""What a question that comes too soon waits at most, before it is asked or left."""
SLOWER_BY = 5
"""Seconds more between questions after a ``slow_down`` (RFC 8628 section 3.5)."""


@dataclass(frozen=True)
class DevicePrompt:
    """What a person types where. ``interval`` is in seconds between questions."""

    user_code: str
    address: str
    expires_at: datetime
    interval: int


def begin_device(live: Runtime, *, user_id: int, browser: str) -> DevicePrompt:
    """Ask the service for a code that a person types in any browser."""
    with live.database.session(reading=True) as session:
        saved = saved_for(session, live, LoginMethod.DEVICE)
    if saved.service.device is None:
        raise SignInRefused(
            "There is no sign-in with a code here",
            "The provider does not allow it for mail. Choose another login method.",
        )
    now = live.now()
    try:
        begun = begin_at_service(saved.service, saved.asker.client(now), now=now)
    except TokenRefused as why:
        refused_by_service(why)
    except TransportError:
        no_key()
    row = SignIn(
        method=LoginMethod.DEVICE.value,
        browser_digest=digest_of(browser),
        user_id=user_id,
        destination=saved.destination,
        user_code=begun.user_code,
        address=begun.address,
        interval_seconds=begun.interval,
        created_at=now,
        expires_at=begun.expires_at,
    )
    with live.database.transaction() as session:
        session.execute(  # what this administrator began before is called off
            delete(SignIn).where(
                SignIn.user_id == user_id, SignIn.method == LoginMethod.DEVICE.value
            )
        )
        begin(session, live, row, begun.device_code)
    return _prompt(row)


def current_device(live: Runtime, *, user_id: int, browser: str) -> DevicePrompt | None:
    """The code that waits to be typed, to show it again; asks nobody."""
    with live.database.session(reading=True) as session:
        row = _waiting(session, live.now(), user_id, browser)
    return _prompt(row) if row is not None else None


def ask_device(
    live: Runtime, *, user_id: int, browser: str, actor: Actor, may: Callable[[Session], bool]
) -> Connected | None:
    """Whether the person has finished; ``None``: not yet. ``may``: see :func:`connect`.

    Asks no oftener than is wanted: whoever comes a moment too soon waits for it, so that a page
    that asks gets an answer. Hold no transaction.
    """
    with live.database.session(reading=True) as session:
        early = _early_by(_under_way(session, live.now(), user_id, browser), live.now())
    if early > LONGEST_PAUSE:
        return None
    time.sleep(early.total_seconds())
    now = live.now()
    with live.database.transaction() as session:
        row = _under_way(session, now, user_id, browser)
        if _early_by(row, now) or not _turn(session, row, now):
            return None  # somebody else asks
        saved = saved_for(session, live, LoginMethod.DEVICE)
    insist_unchanged(saved, row)
    try:
        tokens = ask_service(
            saved.service,
            saved.asker.client(now),
            device_code=secret_of(live, row),
            now=now,
        )
    except TokenRefused as why:
        if why.word == "slow_down":
            _slower(live, row)
            return None
        if disposition_of(why.code) is not Disposition.RETRY:
            _end(live, row)
        refused_by_service(why)
    except TransportError:
        no_key()
    if tokens is None:
        return None
    _end(live, row)
    return connect(live, saved, tokens, actor, may)


def _under_way(session: Session, now: datetime, user_id: int, browser: str) -> SignIn:
    row = _waiting(session, now, user_id, browser)
    if row is None:
        raise SignInRefused(
            "No sign-in is under way",
            "Its time is over, it was finished, or it was begun in another browser. Begin again.",
            status=404,
        )
    return row


def _early_by(row: SignIn, now: datetime) -> timedelta:
    """How long until the service may be asked again; the first time may be at once."""
    pause = timedelta(seconds=row.interval_seconds or SLOWER_BY)
    if row.asked_at is None or not lies_ahead(row.asked_at + pause, now, pause):
        return timedelta(0)
    return row.asked_at + pause - now


def _waiting(session: Session, now: datetime, user_id: int, browser: str) -> SignIn | None:
    row = session.scalars(
        select(SignIn)
        .where(
            SignIn.user_id == user_id,
            SignIn.browser_digest == digest_of(browser),
            SignIn.method == LoginMethod.DEVICE.value,
            SignIn.used_at.is_(None),
        )
        .order_by(SignIn.id.desc())
        .limit(1)
    ).first()
    if row is None or not lies_ahead(row.expires_at, now, LONGEST_DEVICE):
        return None
    return row


def _turn(session: Session, row: SignIn, now: datetime) -> bool:
    """One of two who come at once may ask."""
    taken = session.execute(
        update(SignIn)
        .where(
            SignIn.id == row.id,
            SignIn.used_at.is_(None),
            SignIn.asked_at.is_not_distinct_from(row.asked_at),
        )
        .values(asked_at=now)
        .returning(SignIn.id)
        .execution_options(synchronize_session=False)
    ).first()
    return taken is not None


def _slower(live: Runtime, row: SignIn) -> None:
    with live.database.transaction() as session:
        session.execute(
            update(SignIn)
            .where(SignIn.id == row.id)
            .values(interval_seconds=(row.interval_seconds or SLOWER_BY) + SLOWER_BY)
        )


def _end(live: Runtime, row: SignIn) -> None:
    with live.database.transaction() as session:
        session.execute(update(SignIn).where(SignIn.id == row.id).values(used_at=live.now()))


def _prompt(row: SignIn) -> DevicePrompt:
    return DevicePrompt(
        user_code=row.user_code or "",
        address=row.address or "",
        expires_at=row.expires_at,
        interval=row.interval_seconds or SLOWER_BY,
    )
