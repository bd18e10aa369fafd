"""The pages of organizations, one file per noun. Signing up has a blueprint of its own."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("organizations", __name__)


def load() -> Blueprint:
    """The blueprint with every page on it: importing a file adds its routes."""
    from app.organizations.views import (  # noqa: F401
        acceptance,
        appointing,
        batches,
        handing_over,
        invitations,
        left_behind,
        members,
        several,
    )

    return blueprint
