"""The system overview and what machines ask: health, readiness, metrics."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Everything in this room that binds to the application."""
    from app.system import health, overview

    health.init_app(app)
    overview.init_app(app)
