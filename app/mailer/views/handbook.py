"""The handbook's chapters about failures, from the very table that the program decides with: the
same version as the program, and no internet needed.
"""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template, url_for

from app.mail.failures import FailureCode, explain
from app.mail.failures.handbook import MEANING
from app.mailer.views import blueprint
from app.web.guards import Permission, requires

_CODES = frozenset(code.value for code in FailureCode)


@blueprint.get("/failures", endpoint="failures")
@requires(Permission.SYSTEM_CONFIGURE)
def failures() -> Response:
    """Every code: its cause, what to do, what becomes of the mail. Anchors are the codes."""
    chapters = [(explain(code), MEANING[explain(code).disposition]) for code in FailureCode]
    return make_response(render_template("mailer/failures.html", chapters=chapters))


def chapter(code: object) -> str | None:
    """Where to read about a code; ``None`` for what is none."""
    return url_for("mailer.failures", _anchor=str(code)) if str(code) in _CODES else None


def init_app(app: Flask) -> None:
    app.jinja_env.globals["chapter"] = chapter
