"""Sessions: begun, found, seen and ended. A cookie is worth what its row says, at every request.

First the rows. Then the cookies of a browser: one carries the secret that stands for a row, the
other says that this browser is known, and outlives sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flask import Flask, Response, g, request
from flask import session as cookie
from flask_login import current_user, logout_user
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.accounts import devices
from app.accounts.browsers import describe
from app.accounts.models import KnownDevice, User, UserSession
from app.accounts.tokens import hash_secret, new_secret
from app.database import Database
from app.database_waits import PASSING, waiting
from app.extensions import login_manager
from app.moments import sql_within
from app.runtime import runtime
from app.web.context import client_ip, db

# Nobody stays signed in longer without typing the password, however busy they are.
LIFETIME = timedelta(days=7)
# Nobody stays signed in at a browser that asked for nothing that long.
IDLE = timedelta(hours=12)
# "Last seen" is written no more often than this.
SEEN_EVERY = timedelta(minutes=5)
# The account page lists the newest; "sign out everywhere else" ends them all.
LISTED = 50

KNOWN_BROWSER_COOKIE = "novantra_browser"
# Where flask-login looks for whom a session belongs to.
SECRET = "_user_id"  # noqa: S105 - a name, not a secret


class Way(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 - a name, not a password
    PASSWORD_CHANGE = "password-change"  # noqa: S105
    INVITATION = "invitation"
    SIGNUP = "signup"
    SETUP = "setup"


@dataclass(frozen=True)
class Client:
    """Where a request comes from: the browser in words, and its address (empty for none)."""

    device: str
    ip: str


def begin(
    session: Session,
    *,
    user: User,
    way: Way,
    client: Client,
    known_device: KnownDevice | None,
    now: datetime,
) -> str:
    """A new session; the secret for its cookie, 256 bits, of which the hash is stored."""
    secret = new_secret()
    session.execute(update(User).where(User.id == user.id).values(last_login_at=now))
    session.add(
        UserSession(
            secret_hash=hash_secret(secret),
            user_id=user.id,
            known_device_id=known_device.id if known_device else None,
            way=way,
            device=client.device,
            ip=client.ip or None,
            created_at=now,
            last_seen_at=now,
        )
    )
    session.flush()
    return secret


def find(session: Session, *, secret: str, now: datetime) -> tuple[UserSession, User] | None:
    """The session behind a cookie and its person, while it lasts."""
    row = session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.secret_hash == hash_secret(secret), _alive(now))
    ).first()
    return (row[0], row[1]) if row else None


def seen(database: Database, row: UserSession, *, ip: str, now: datetime) -> None:
    """Write down that a session was used, if that was not done lately.

    Nothing waits for it and nothing fails with it: a page can be read while somebody else
    writes, and while nothing can be written at all.
    """
    if now - row.last_seen_at < SEEN_EVERY:
        return
    try:
        with waiting(PASSING), database.transaction() as session:
            session.execute(
                update(UserSession)
                .where(UserSession.id == row.id, UserSession.ended_at.is_(None))
                .values(last_seen_at=now, ip=ip or None)
            )
    except DBAPIError:
        return


def listed(session: Session, *, user: User, now: datetime) -> Sequence[UserSession]:
    """A person's sessions that last, the one used last first."""
    return session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user.id, _alive(now))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
        .limit(LISTED)
    ).all()


def end_by_secret(session: Session, *, secret: str, now: datetime) -> None:
    """End the session behind a cookie: signing out. Copies of the cookie stop working too."""
    session.execute(
        update(UserSession)
        .where(UserSession.secret_hash == hash_secret(secret), UserSession.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def end_one(session: Session, *, user: User, session_id: int, now: datetime) -> UserSession | None:
    """End one session of a person, and what its browser was known by; ``None`` if it is over."""
    row = session.scalar(
        select(UserSession).where(
            UserSession.id == session_id, UserSession.user_id == user.id, _alive(now)
        )
    )
    if row is None:
        return None
    row.ended_at = now
    if row.known_device_id is not None:
        session.execute(delete(KnownDevice).where(KnownDevice.id == row.known_device_id))
    session.flush()
    return row


def end_all(session: Session, *, user: User, now: datetime, keep: UserSession | None = None) -> int:
    """End a person's sessions, except one, and forget the browsers they are known by.

    How many sessions ended.
    """
    sessions = update(UserSession).where(
        UserSession.user_id == user.id, UserSession.ended_at.is_(None)
    )
    devices = delete(KnownDevice).where(KnownDevice.user_id == user.id)
    if keep is not None:
        sessions = sessions.where(UserSession.id != keep.id)
        if keep.known_device_id is not None:
            devices = devices.where(KnownDevice.id != keep.known_device_id)
    lasting = select(func.count()).where(UserSession.user_id == user.id, _alive(now))
    if keep is not None:
        lasting = lasting.where(UserSession.id != keep.id)
    count = session.scalar(lasting) or 0
    session.execute(sessions.values(ended_at=now).execution_options(synchronize_session=False))
    session.execute(devices.execution_options(synchronize_session=False))
    return count


def over(now: datetime, *, for_at_least: timedelta) -> ColumnElement[bool]:
    """Rows that have been over that long, for whoever tidies up."""
    before = now - for_at_least
    return or_(
        UserSession.ended_at < before,
        UserSession.last_seen_at < before - IDLE,
        UserSession.created_at < before - LIFETIME,
    )


def _alive(now: datetime) -> ColumnElement[bool]:
    return and_(
        UserSession.ended_at.is_(None),
        sql_within(UserSession.created_at, now, LIFETIME),
        sql_within(UserSession.last_seen_at, now, IDLE),
    )


def sign_in(user: User, way: Way) -> None:
    """Start a session from nothing: what an earlier visitor left in it is dropped.

    Writes the session's row; the caller commits.
    """
    device = remember_browser(user)
    client = Client(describe(request.headers.get("User-Agent", "")), client_ip())
    secret = begin(
        db(), user=user, way=way, client=client, known_device=device, now=runtime().now()
    )
    cookie.clear()
    cookie.permanent = True
    cookie[SECRET] = secret


def sign_out() -> None:
    """End this browser's session, and with it every copy of its cookie; the caller commits."""
    secret = cookie.get(SECRET)
    if isinstance(secret, str):
        end_by_secret(db(), secret=secret, now=runtime().now())
    logout_user()
    cookie.clear()


def remember_browser(user: User) -> KnownDevice:
    """Give this browser the cookie by which it is known as that person's; the caller commits."""
    device, g.known_browser = devices.remember(
        db(), user=user, secret=known_browser(), now=runtime().now()
    )
    return device


def known_browser() -> str | None:
    """The secret by which this browser says it is known."""
    return request.cookies.get(KNOWN_BROWSER_COOKIE)


def person() -> User:
    """Who is signed in, as the row itself; only behind a guard."""
    found = current_user._get_current_object()
    assert isinstance(found, User)
    return found


def own_zone() -> str | None:
    """The name of the zone that whoever is signed in has chosen."""
    return person().time_zone if current_user.is_authenticated else None


def current_session() -> UserSession:
    """The session of this request; only behind a guard."""
    assert current_user.is_authenticated
    found = g.user_session
    assert isinstance(found, UserSession)
    return found


def load_user(secret: object) -> User | None:
    """The person of a session while its row lasts. Cookies of other shapes are nobody's."""
    if not isinstance(secret, str):
        return None
    now = runtime().now()
    found = find(db(), secret=secret, now=now)
    if found is None:
        return None
    g.user_session, user = found
    if request.method in {"GET", "HEAD"}:
        seen(runtime().database, g.user_session, ip=client_ip(), now=now)
    return user


def _give_cookie(response: Response) -> Response:
    secret = g.pop("known_browser", None)
    if secret is not None and response.status_code < 400:
        response.set_cookie(
            KNOWN_BROWSER_COOKIE,
            secret,
            max_age=devices.LIFETIME,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def init_app(app: Flask) -> None:
    login_manager.user_loader(load_user)
    login_manager.session_protection = None  # it would end sessions when an address changes
    app.config["PERMANENT_SESSION_LIFETIME"] = LIFETIME
    app.after_request(_give_cookie)
