"""The handbook's chapters about failures, from the very table that the program decides with: the
same version as the program, and no internet needed.
"""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template, request, url_for

from app.mail.failures import Explanation, FailureCode, explain
from app.mail.failures.handbook import MEANING
from app.mailer.views import blueprint
from app.web.guards import Permission, requires

_CODES = frozenset(code.value for code in FailureCode)


@blueprint.get("/failures", endpoint="failures")
@requires(Permission.SYSTEM_CONFIGURE)
def failures() -> Response:
    """Every code: its cause, what to do, what becomes of the mail. Anchors are the codes."""
    return make_response(render_template("mailer/failures.html", chapters=chapters()))


def chapters() -> list[tuple[Explanation, str]]:
    """An explanation and what becomes of the message, for every code."""
    found = [explain(code) for code in FailureCode]
    return [(explanation, MEANING[explanation.disposition]) for explanation in found]


def chapter(code: object) -> str | None:
    """Where to read about a code; ``None`` for what is none."""
    if str(code) not in _CODES:
        return None
    # Before setup has finished nothing but setup can be opened.
    page = "wizard.failures" if request.blueprint == "wizard" else "mailer.failures"
    return url_for(page, _anchor=str(code))


def init_app(app: Flask) -> None:
    app.jinja_env.globals["chapter"] = chapter
