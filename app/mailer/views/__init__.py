"""The pages of System → Mailer, one file per button or two that belong together."""

from __future__ import annotations

from flask import Blueprint

from app.mailer.banners import PATH

blueprint = Blueprint("mailer", __name__, url_prefix=PATH)


def load() -> Blueprint:
    """The blueprint with every page on it: importing a file adds its routes."""
    from app.mailer.views import (  # noqa: F401
        arriving,
        checking,
        connecting,
        curing,
        device,
        earlier,
        explain,
        handbook,
        now,
        renewing,
        settings,
        testing,
    )

    return blueprint
