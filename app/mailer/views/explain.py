"""System → Mailer → Paste an error: what a text from anywhere means."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template

from app.mail.diagnosis import diagnose_text, provider_named_in, says_something
from app.mail.failures import FailureContext, explain
from app.mailer.forms.explaining import ExplainForm
from app.web.guards import Permission, requires


def ask() -> Response:
    """The empty form."""
    return make_response(render_template("mailer/explain.html", form=ExplainForm()))


def answer() -> Response:
    """The explanation. The text stays in its field, and is neither stored nor logged."""
    form = ExplainForm()
    if not form.validate():
        return make_response(render_template("mailer/explain.html", form=form), 422)
    provider = form.provider.data or None
    text = form.text.data or ""
    code = diagnose_text(text, form.known_phase, provider)
    found = explain(
        code,
        FailureContext(provider=provider or provider_named_in(text), phase=form.phase.data or None),
    )
    page = render_template(
        "mailer/explain.html", form=form, explanation=found, guess=not says_something(text)
    )
    return make_response(page)


def register(blueprint: Blueprint) -> None:
    guard = requires(Permission.SYSTEM_CONFIGURE)
    blueprint.add_url_rule("/explain", "explain", guard(ask), methods=["GET"])
    blueprint.add_url_rule("/explain", "explained", guard(answer), methods=["POST"])
