"""People: signing in, locks, resets, verification, administrators."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Everything in this room that binds to the application."""
    from app.accounts import banners, intents, sessions, still_stands, verification, views
    from app.accounts.handed_links import Telling
    from app.accounts.models import Code, MailIntent, Token
    from app.accounts.tidy import Tidying, outdated
    from app.accounts.views import administrators
    from app.runtime import EXTENSION, Perishable
    from app.web.navigation import navigation
    from app.web.viewer import OWN, knows_zone

    sessions.init_app(app)
    knows_zone(app, OWN, sessions.own_zone)
    app.register_blueprint(views.load())
    surroundings = navigation(app)
    surroundings.system_entries.append(
        (administrators.NAVIGATION_ORDER, administrators.navigation_entry)
    )
    surroundings.banners.append(banners.verification_banner)
    runtime = app.extensions[EXTENSION]
    runtime.chores.extend([intents.resolve, Telling(), Tidying()])
    runtime.outdated.append(outdated)
    runtime.perishable += [
        Perishable(Token, Token.created_at, Token.expires_at),
        Perishable(Code, Code.created_at, Code.expires_at),
        Perishable(MailIntent, MailIntent.created_at),
    ]
    runtime.promises.append(intents.promised)
    runtime.renewers[intents.PASSWORD_RESET] = intents.ask_anew
    runtime.renewers["verify-email"] = verification.verify_anew
    runtime.asked_anew.append(intents.asked)
    runtime.set_aside["requests"] = intents.set_aside
    runtime.once_mail_delivers.append(verification.mail_unverified)
    runtime.still_stands["token"] = still_stands.token_stands
    runtime.still_stands["code"] = still_stands.code_stands
