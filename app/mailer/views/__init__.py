"""The pages of System → Mailer."""

from __future__ import annotations

from flask import Blueprint

from app.mailer.notices import PATH
from app.mailer.views import checking, explain, settings, testing, transcript


def make_blueprint() -> Blueprint:
    blueprint = Blueprint("mailer", __name__, url_prefix=PATH)
    for module in (settings, checking, testing, transcript, explain):
        module.register(blueprint)
    return blueprint
