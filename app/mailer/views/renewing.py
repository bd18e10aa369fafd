"""The button "Renew what ran out": links that expired while mail was down are made anew."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from app.audit.log import record
from app.mailer.views import blueprint
from app.runtime import runtime
from app.web.context import actor, db
from app.web.guards import Permission, requires


@blueprint.post("/renew", endpoint="renew")
@requires(Permission.SYSTEM_CONFIGURE)
def renew() -> Response:
    """What cannot be made anew any more, such as a revoked invitation, is left out."""
    session, live = db(), runtime()
    number = live.renew_expired(session, actor())
    if number:
        record(
            session,
            now=live.now(),
            actor=actor(),
            tag="mailer:renewed",
            target="mailer",
            changes={"mails": number},
        )
    session.commit()
    live.wake_worker()
    if number:
        many = "1 mail was" if number == 1 else f"{number} mails were"
        flash(f"{many} made anew, with a fresh link.", "good")
    else:
        flash("Nothing is left to renew.", "quiet")
    return redirect(url_for("mailer.page"), 303)
