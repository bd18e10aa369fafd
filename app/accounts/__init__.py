"""People: signing in, locks, resets, verification, administrators."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Everything in this room that binds to the application."""
    from app.accounts import intents, prompt, sessions, standing_mails, verification_mail, views
    from app.accounts.tidy import Tidying, outdated
    from app.accounts.views import administrators
    from app.runtime import EXTENSION
    from app.web.shell import shell

    sessions.init_app(app)
    app.register_blueprint(views.load())
    surroundings = shell(app)
    surroundings.system_entries.append(
        (administrators.NAVIGATION_ORDER, administrators.navigation_entry)
    )
    surroundings.notices.append(prompt.verification_prompt)
    runtime = app.extensions[EXTENSION]
    runtime.chores.extend([intents.resolve, Tidying()])
    runtime.outdated.append(outdated)
    runtime.promises.append(intents.promised)
    runtime.set_aside["requests"] = intents.set_aside
    runtime.once_mail_delivers.append(verification_mail.mail_unverified)
    runtime.still_stands["token"] = standing_mails.token_stands
    runtime.still_stands["code"] = standing_mails.code_stands
