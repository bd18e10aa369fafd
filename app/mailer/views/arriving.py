"""The buttons "It arrived" and "It did not" after a test mail."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.mailer import arrival
from app.mailer.views import blueprint
from app.runtime import runtime
from app.web.context import actor, db
from app.web.guards import Permission, requires


@blueprint.post("/arrived", endpoint="arrived")
@requires(Permission.SYSTEM_CONFIGURE)
def arrived() -> Response:
    """Fields: ``phrase`` of the mail that is meant, ``arrived`` (``yes`` or ``no``)."""
    session = db()
    said = request.form.get("arrived")
    kept = said in {"yes", "no"} and arrival.answer(
        session,
        phrase=request.form.get("phrase", "")[:40],
        arrived=said == "yes",
        now=runtime().now(),
        actor=actor(),
    )
    if kept:
        session.commit()
        if said == "yes":
            flash("Good: mail goes all the way.", "good")
    else:
        session.rollback()
        flash("Another test was sent since then, or somebody has answered already.", "quiet")
    return redirect(url_for("mailer.page"), 303)
