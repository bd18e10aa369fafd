"""The account pages, one file per noun."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)


def load() -> Blueprint:
    """The blueprint with every page on it: importing a file adds its routes."""
    from app.accounts.views import (  # noqa: F401
        account,
        administrators,
        handed_links,
        locks,
        login,
        reset,
        support,
        verification,
    )

    return blueprint
