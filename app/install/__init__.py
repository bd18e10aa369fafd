"""The one install: its setup state, its access URL and the links built from it."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """The page and its line in the navigation; where forms come from."""
    from app.install import origin, views, zone
    from app.install.service import time_zone
    from app.web.context import db
    from app.web.navigation import navigation
    from app.web.viewer import INSTALL, knows_zone

    origin.init_app(app)
    knows_zone(app, INSTALL, lambda: time_zone(db()))
    app.register_blueprint(views.blueprint)
    app.register_blueprint(zone.blueprint)
    for page in (views, zone):
        navigation(app).system_entries.append((page.NAVIGATION_ORDER, page.navigation_entry))
