"""The one install: its setup state, its access URL and the links built from it."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """The page and its line in the navigation; where forms come from."""
    from app.install import origin, views
    from app.install.service import support_contact
    from app.web.context import db
    from app.web.navigation import navigation

    origin.init_app(app)
    app.jinja_env.globals["support_contact"] = lambda: support_contact(db())
    app.register_blueprint(views.blueprint)
    navigation(app).system_entries.append((views.NAVIGATION_ORDER, views.navigation_entry))
