"""People: signing in, locks, resets, verification, administrators."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Everything in this room that binds to the application."""
    from app.accounts import sessions

    sessions.init_app(app)
