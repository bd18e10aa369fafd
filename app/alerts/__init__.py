"""Alerts: people outside the console hear when mail breaks, and when it works again."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """The page, its line in the navigation, and the threads beside whatever serves or delivers."""
    from app.alerts import incidents, views
    from app.alerts.threads import AlertThreads
    from app.runtime import EXTENSION, Runtime
    from app.web.navigation import navigation

    runtime: Runtime = app.extensions[EXTENSION]
    runtime.companions.append(AlertThreads)
    runtime.outdated.append(incidents.outdated)
    app.register_blueprint(views.blueprint)
    navigation(app).system_entries.append((views.NAVIGATION_ORDER, views.navigation_entry))
