"""The audit log: who changed what, chained so that tampering shows."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """The page, and its line in the navigation."""
    from app.audit import views
    from app.web.navigation import navigation

    app.register_blueprint(views.blueprint)
    navigation(app).system_entries.append((views.NAVIGATION_ORDER, views.navigation_entry))
