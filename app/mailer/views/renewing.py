"""The button "Renew what ran out": links that expired while mail was down are made anew."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from app.audit.log import record
from app.mailer.views import blueprint
from app.runtime import runtime
from app.web.context import actor, db
from app.web.guards import Permission, requires
from app.web.several import lost_to, some_at_a_time, step_by_step


@blueprint.post("/renew", endpoint="renew")
@requires(Permission.SYSTEM_CONFIGURE)
def renew() -> Response:
    """What cannot be made anew any more, such as a revoked invitation, is left out."""
    session, live, number = db(), runtime(), 0

    def done() -> str:
        return f"{'1 mail was' if number == 1 else f'{number:,} mails were'} made anew"

    steps = some_at_a_time(live.renewable(session))
    for some in step_by_step(steps, lost_to(Permission.SYSTEM_CONFIGURE), done):
        made = live.renew_expired(session, some, actor())
        if made:
            record(
                session,
                now=live.now(),
                actor=actor(),
                tag="mailer:renewed",
                target="mailer",
                changes={"mails": made},
            )
        number += made
    live.wake_worker()
    if number:
        flash(f"{done()}, with a fresh link.", "good")
    else:
        flash("Nothing is left to renew.", "quiet")
    return redirect(url_for("mailer.page"), 303)
