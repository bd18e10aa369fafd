"""The first-run wizard: a gate in front of every page, five questions, one transaction."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Set the gate and the setup routes up; the Cloud edition has neither."""
    from app.install.setup_token import ensure_token, remove_token
    from app.runtime import EXTENSION
    from wizard import gate
    from wizard.views import load

    found = app.extensions[EXTENSION]
    if found.config.is_cloud:
        return
    gate.init_app(app)
    if gate.is_finished(found):
        remove_token(found.config.setup_token_file)
    else:
        ensure_token(found.config.setup_token_file)
    app.register_blueprint(load())
