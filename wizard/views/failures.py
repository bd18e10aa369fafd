"""The handbook's chapters about failures, for a check that fails before there is a console."""

from __future__ import annotations

from flask import make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.mailer.views.handbook import chapters
from wizard.guards import token_was_shown
from wizard.views import blueprint


@blueprint.get("/failures")
def failures() -> Response:
    """The same page as in the console; nothing on it is particular to this install."""
    if not token_was_shown():
        return redirect(url_for("wizard.start"), 303)
    page = render_template(
        "mailer/failures.html", chapters=chapters(), layout="layouts/wizard.html"
    )
    return make_response(page)
