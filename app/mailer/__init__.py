"""Which relay is configured, and how it fares."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """The mailer pages in Sovereign. The Cloud has none: its environment decides, and is read
    here so that a mistake in it stops the start instead of the first mail."""
    from app.mailer.managed import managed_mailer
    from app.runtime import EXTENSION

    config = app.extensions[EXTENSION].config
    if config.is_cloud:
        managed_mailer(config)
        return
    from app.mailer import notices
    from app.mailer.views import make_blueprint
    from app.web.shell import shell

    app.register_blueprint(make_blueprint())
    shell(app).system_entries.append((notices.ORDER, notices.entry))
    shell(app).notices.append(notices.notices)
