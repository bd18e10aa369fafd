"""The pages of System → Mailer."""

from __future__ import annotations

from flask import Blueprint

from app.mailer.banners import PATH
from app.mailer.views import checking, explain, settings, testing


def make_blueprint() -> Blueprint:
    blueprint = Blueprint("mailer", __name__, url_prefix=PATH)
    for module in (settings, checking, testing, explain):
        module.register(blueprint)
    return blueprint
