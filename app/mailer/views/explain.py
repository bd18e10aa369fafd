"""System → Mailer → Paste an error: what a text from anywhere means."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template
from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from app.mail.diagnosis import context_of_text, diagnose_text, says_something
from app.mail.failures import explain
from app.mail.phases import Phase
from app.mailer.providers import PROVIDERS
from app.mailer.views import blueprint
from app.web.fields import Filled, TextLength
from app.web.guards import Permission, requires

MAXIMUM = 20_000

PHASES = {"": "I do not know"} | {phase.value: phase.doing.capitalize() for phase in Phase}


class ExplainForm(FlaskForm):
    """Nothing of it is stored."""

    text = TextAreaField("Error text", [Filled("Paste the error first."), TextLength(MAXIMUM)])
    phase = SelectField(
        "Step in which it came",
        choices=[SelectChoice(value, label) for value, label in PHASES.items()],
        default="",
    )
    provider = SelectField("Provider", default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relays = [SelectChoice(p.value, p.title) for p in PROVIDERS.values() if p.uses_network]
        self.provider.choices = [SelectChoice("", "Another, or I do not know"), *relays]

    @property
    def known_phase(self) -> Phase | None:
        return Phase(self.phase.data) if self.phase.data else None


@blueprint.get("/explain", endpoint="explain")
@requires(Permission.SYSTEM_CONFIGURE)
def ask() -> Response:
    """The empty form."""
    return make_response(render_template("mailer/explain.html", form=ExplainForm()))


@blueprint.post("/explain", endpoint="explained")
@requires(Permission.SYSTEM_CONFIGURE)
def answer() -> Response:
    """The explanation. The text stays in its field, and is neither stored nor logged."""
    form = ExplainForm()
    if not form.validate():
        return make_response(render_template("mailer/explain.html", form=form), 422)
    provider = form.provider.data or None
    text = form.text.data or ""
    step = form.known_phase
    found = explain(diagnose_text(text, step, provider), context_of_text(text, step, provider))
    page = render_template(
        "mailer/explain.html", form=form, explanation=found, guess=not says_something(text)
    )
    return make_response(page)
