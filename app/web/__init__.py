"""What every page shares: guards, error pages, fields, headers, the request's session."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Everything in this room that binds to the application."""
    from app.web import (
        assets,
        compression,
        context,
        correlating,
        errors,
        headers,
        hosts,
        liveness,
        navigation,
        proxies,
        routing,
        times,
    )

    compression.init_app(app)  # first: after_request runs backwards, and headers come before it
    correlating.init_app(app)
    for module in (context, errors, headers, hosts, liveness, routing, proxies, navigation, assets):
        module.init_app(app)
    app.jinja_env.filters.update(times.FILTERS)
