"""One module per step; each adds its routes to the one blueprint."""

from __future__ import annotations

from flask import Blueprint

from wizard.guards import refuse_when_closed

blueprint = Blueprint("wizard", __name__, url_prefix="/setup")
blueprint.before_request(refuse_when_closed)


def load() -> Blueprint:
    """The blueprint with every step's routes on it."""
    from wizard.views import access_url, administrator, failures, mail, review, start  # noqa: F401

    return blueprint
