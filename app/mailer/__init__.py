"""Which relay is configured, and how it fares."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """The mailer pages in Sovereign. The Cloud has none: its environment decides."""
    from app.runtime import EXTENSION

    if app.extensions[EXTENSION].config.is_cloud:
        return
    from app.mailer import notices
    from app.mailer.views import make_blueprint
    from app.web.shell import shell

    app.register_blueprint(make_blueprint())
    shell(app).system_entries.append((notices.ORDER, notices.entry))
    shell(app).notices.append(notices.notices)
