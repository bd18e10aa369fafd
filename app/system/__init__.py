"""The system overview and what machines ask: health, readiness, metrics."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """The pages, the line of the overview in the navigation, and what readiness remembers."""
    from app.system import health, overview
    from app.system.letters import views as letters
    from app.system.readiness import Readiness
    from app.web.navigation import navigation

    app.extensions[health.READINESS] = Readiness()
    app.register_blueprint(health.blueprint)
    app.register_blueprint(overview.blueprint)
    app.register_blueprint(letters.blueprint)
    for page in (overview, letters):
        navigation(app).system_entries.append((page.NAVIGATION_ORDER, page.navigation_entry))
    if app.debug:
        from app.system import components

        app.register_blueprint(components.blueprint)
