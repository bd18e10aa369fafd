"""Signing in and out, and who a session belongs to."""

from __future__ import annotations

import secrets

from flask import Flask, session
from flask_login import current_user, login_user, logout_user

from app.accounts.models import User
from app.extensions import login_manager
from app.web.context import db


def new_stamp() -> str:
    """A fresh session stamp: storing it ends every session that carries the old one."""
    return secrets.token_hex(16)


def sign_in(user: User) -> None:
    """Start a session from nothing: what an earlier visitor left in it is dropped."""
    session.clear()
    session.permanent = True
    login_user(user)


def sign_out() -> None:
    logout_user()
    session.clear()


def person() -> User:
    """Who is signed in, as the row itself; only behind a guard."""
    found = current_user._get_current_object()
    assert isinstance(found, User)
    return found


def load_user(session_id: str) -> User | None:
    """The person of a session, unless their stamp has changed since."""
    number, _, stamp = session_id.partition(":")
    if not number.isascii() or not number.isdigit():
        return None
    user = db().get(User, int(number))
    if user is None or not secrets.compare_digest(user.session_stamp, stamp):
        return None
    return user


def init_app(app: Flask) -> None:
    login_manager.user_loader(load_user)
    login_manager.session_protection = None  # it would end sessions when an address changes
