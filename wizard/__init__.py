"""The first-run wizard: guards in front of every page, five questions, one transaction."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Set the guards and the setup routes up; the Cloud edition has neither."""
    from app.runtime import EXTENSION
    from wizard import guards
    from wizard.views import load

    if app.extensions[EXTENSION].config.is_cloud:
        return
    guards.init_app(app)
    app.register_blueprint(load())
