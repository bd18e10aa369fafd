"""Which relay is configured, and how it fares."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext

from flask import Flask, has_app_context


def init_app(app: Flask) -> None:
    """The mailer pages in Sovereign. The Cloud has none: its environment decides."""
    from jinja2 import ChoiceLoader

    from app.mailer import trials, whom_to_ask
    from app.mailer.providers.fields import FieldsLoader
    from app.mailer.summary import mail_moves
    from app.runtime import EXTENSION

    own = [app.jinja_loader] if app.jinja_loader else []
    app.jinja_loader = ChoiceLoader([*own, FieldsLoader()])
    runtime = app.extensions[EXTENSION]
    app.jinja_env.globals["mail_moves"] = mail_moves
    whom_to_ask.init_app(app)
    runtime.outdated.append(trials.outdated_after(runtime.config.activity_retention_days))
    if runtime.config.is_cloud:
        return
    from app.mailer import banners
    from app.mailer.declared import DeclaredMail, Interpreted
    from app.mailer.forms.declaring import interpret
    from app.mailer.noting import EnvironmentThread
    from app.mailer.tokens import connecting
    from app.mailer.tokens.renewing import Renewing
    from app.mailer.views import handbook, load
    from app.web.navigation import navigation

    def in_the_application(values: Mapping[str, str]) -> Interpreted:
        with nullcontext() if has_app_context() else app.app_context():
            return interpret(values)

    runtime.declared_mail = DeclaredMail(
        runtime.config, runtime.watched_files, in_the_application, runtime.now()
    )
    if runtime.declared_mail.is_there:
        runtime.companions.append(EnvironmentThread)
    runtime.outdated.append(connecting.outdated)
    runtime.chores.append(Renewing())
    app.register_blueprint(load())
    handbook.init_app(app)
    navigation(app).system_entries.append((banners.ORDER, banners.entry))
    navigation(app).banners.append(banners.banners)
