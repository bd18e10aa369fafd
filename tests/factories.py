"""Makes rows that tests start from."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import passwords, sessions
from app.accounts.models import User
from app.accounts.sessions import SECRET, Client, Way
from app.database import utcnow
from app.install.models import Install
from app.mail.addresses import Address
from app.organizations.models import Membership, Organization
from app.runtime import EXTENSION

PASSWORD = "correct horse battery staple"
RELAY_PASSWORD = "relay-canary-pässword"
"""Not ASCII, and of a kind that nothing else is called."""
_HASHES: dict[object, str] = {}


def password_hash() -> str:
    """Hashed once for each way of hashing."""
    if passwords._hasher not in _HASHES:
        _HASHES[passwords._hasher] = passwords.hash_password(PASSWORD)
    return _HASHES[passwords._hasher]


def install_novantra(session: Session, access_url: str = "https://hr.acme.test") -> Organization:
    """A finished install with the organization Acme and nobody in it."""
    if session.get(Install, 1) is None:  # a Cloud application makes the row itself
        session.add(Install(access_url=access_url, setup_finished_at=utcnow()))
    organization = Organization(name="Acme", slug="acme", created_at=utcnow())
    session.add(organization)
    session.flush()
    return organization


def make_user(
    session: Session,
    email: str,
    *,
    name: str = "Somebody",
    install_admin: bool = False,
    verified: bool = True,
    organization_role: str | None = "member",
) -> User:
    """A person with the password :data:`PASSWORD`, in organization Acme unless told otherwise."""
    user = User(
        address=Address.parse(email),
        name=name,
        password_hash=password_hash(),
        email_verified_at=utcnow() if verified else None,
        is_install_admin=install_admin,
        created_at=utcnow(),
    )
    session.add(user)
    session.flush()
    acme = session.scalar(select(Organization).where(Organization.slug == "acme"))
    if acme is not None and organization_role:
        role = "admin" if install_admin else organization_role
        session.add(
            Membership(organization_id=acme.id, user_id=user.id, role=role, created_at=utcnow())
        )
    session.flush()
    return user


def signed_in(app: Flask, user: User) -> FlaskClient:
    """A browser in which that person is signed in; nothing else may be writing just now."""
    return browser_with(app, begin_session(app, user))


def begin_session(app: Flask, user: User) -> str:
    """Somebody's session; the secret that their browser's cookie has to carry."""
    runtime = app.extensions[EXTENSION]
    with runtime.database.transaction() as session:
        return sessions.begin(
            session,
            user=user,
            way=Way.PASSWORD,
            client=Client("Firefox on Linux", "127.0.0.1"),
            known_device=None,
            now=runtime.now(),
        )


def browser_with(app: Flask, secret: str) -> FlaskClient:
    """A browser with the cookie of a session."""
    browser = app.test_client()
    plant(browser, **{SECRET: secret})
    return browser


def plant(browser: FlaskClient, **values: object) -> None:
    """Put values into a browser's signed cookie, as if the program had."""
    with browser.session_transaction() as cookie:
        cookie.update(values)
        cookie.permanent = True


def cookie_of(browser: FlaskClient) -> dict[str, object]:
    """What is in a browser's signed cookie."""
    with browser.session_transaction() as cookie:
        return dict(cookie)


def without_tokens(page: str) -> str:
    """A page to compare with another: its form tokens are masked anew in every answer."""
    return re.sub(r'name="csrf_token" value="[^"]*"', 'name="csrf_token"', page)


def csrf_of(page: bytes) -> str:
    """The first CSRF token in a page."""
    found = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page has no CSRF token"
    return found.group(1).decode()
