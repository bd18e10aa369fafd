"""In development mode only: one page with every component of the templates in every state.

Whoever changes a macro or the stylesheet sees there what it does everywhere.
"""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from flask import Blueprint, render_template
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from app.database import utcnow
from app.mail.failures import Failure, FailureCode, FailureContext, explain
from app.mail.phases import Phase
from app.mailer.advice import for_pause
from app.runtime import Flow, Impact

blueprint = Blueprint("components", __name__)
_CONTEXT = FailureContext(
    provider="smtp", host="relay.acme.test", port=587, username="novantra", sender="hr@acme.test"
)


class SampleForm(FlaskForm):  # type: ignore[misc]  # it comes without types
    """A field of each kind, and one of each that was refused."""

    text = StringField("Text")
    refused = StringField("Refused")
    optional = StringField("Optional")
    password = PasswordField("Password")
    choice = SelectField("Choice", choices=[SelectChoice("a", "One"), SelectChoice("b", "Other")])
    long = TextAreaField("Long text")
    on = BooleanField("Switched on")
    off = BooleanField("Switched off")
    tick = BooleanField("Ticked")


@blueprint.get("/development/components")
def components() -> str:
    """Nothing on it does anything, and nothing of it comes from the database."""
    now = utcnow()
    form = SampleForm(formdata=None, text="relay.acme.test", refused="smtp://", on=True, tick=True)
    form.refused.errors = ["Leave out smtp://: type the name alone."]
    explanation = explain(FailureCode.AUTH_BAD_CREDENTIALS, _CONTEXT)
    failure = Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH, 535, "5.7.8")
    names = [("dns", "passed"), ("connect", "passed"), ("tls", "skipped"), ("auth", "failed")]
    steps = [
        SimpleNamespace(
            name=name,
            label=name.upper(),
            state=state,
            detail=f"What the step {name} found",
            ms=12,
            explanation=explanation if state == "failed" else None,
            fix=(),
            field_id="password",
            failure=failure,
        )
        for name, state in [*names, ("rcpt-to", "not_reached")]
    ]
    return render_template(
        "development/components.html",
        form=form,
        now=now,
        times=[now, now - timedelta(hours=3), now - timedelta(days=40), now + timedelta(hours=2)],
        explanation=explanation,
        remedy=for_pause(explanation, _CONTEXT),
        failure=failure,
        steps=steps,
        impact=Impact(
            now - timedelta(hours=2),
            (Flow("Invitation", 12, 12, 0, None), Flow("Password reset", 1, 4, 3, now)),
            (("Acme", 12),),
        ),
    )
