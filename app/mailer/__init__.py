"""Which relay is configured, and how it fares."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """The mailer pages in Sovereign. The Cloud has none: its environment decides."""
    from jinja2 import ChoiceLoader

    from app.mailer import trials
    from app.mailer.providers.fields import FieldsLoader
    from app.mailer.summary import mail_moves
    from app.runtime import EXTENSION

    own = [app.jinja_loader] if app.jinja_loader else []
    app.jinja_loader = ChoiceLoader([*own, FieldsLoader()])
    runtime = app.extensions[EXTENSION]
    app.jinja_env.globals["mail_moves"] = mail_moves
    runtime.outdated.append(trials.outdated_after(runtime.config.activity_retention_days))
    if runtime.config.is_cloud:
        return
    from app.mailer import banners
    from app.mailer.tokens import connecting
    from app.mailer.tokens.renewing import Renewing
    from app.mailer.views import handbook, load
    from app.web.navigation import navigation

    runtime.outdated.append(connecting.outdated)
    runtime.chores.append(Renewing())
    app.register_blueprint(load())
    handbook.init_app(app)
    navigation(app).system_entries.append((banners.ORDER, banners.entry))
    navigation(app).banners.append(banners.banners)
