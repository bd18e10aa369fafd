"""How mail is at this moment, as a piece of the page: asked for while something moves."""

from __future__ import annotations

from flask import Response, make_response, render_template

from app.mailer.in_force import in_force
from app.mailer.views import blueprint
from app.mailer.views.page import mail_now
from app.runtime import runtime
from app.web.context import db
from app.web.guards import Permission, requires


@blueprint.get("/now", endpoint="now")
@requires(Permission.SYSTEM_CONFIGURE)
def now() -> Response:
    """The pill, the box about what fails and the vitals, each in the element that it replaces."""
    return make_response(render_template("mailer/now.html", **mail_now(in_force(db(), runtime()))))
