"""The template parts keep the names that scripts and tests drive the pages by."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from app.mail.failures import Failure, FailureCode, explain
from app.mail.phases import Phase
from app.web.times import FILTERS

TEMPLATES = Path(__file__).parents[2] / "app/templates"
SENT = datetime(2026, 11, 22, 10, 42, 7, tzinfo=UTC)
EXPLANATION = explain(FailureCode.AUTH_BAD_CREDENTIALS)
FAILURE = Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH, 535, "5.7.8")


class RelayForm(FlaskForm):
    host = StringField("Host", [InputRequired("Type the relay's name.")])
    password = PasswordField("Password")


@pytest.fixture
def app() -> Flask:
    app = Flask("components", template_folder=str(TEMPLATES))
    app.config.update(SECRET_KEY="components", WTF_CSRF_ENABLED=False)
    app.jinja_env.filters.update(FILTERS)
    return app


def render(app: Flask, source: str, **values: object) -> str:
    with app.test_request_context(method="POST"):
        return render_template_string(source, **values)


STATUS = "{% from 'components/status.html' import diagnosis, vital, pill, fact %}"
FORMS = "{% from 'components/forms.html' import field, error_summary, provider_picker %}"


def test_a_diagnosis_carries_its_code_and_the_reply(app: Flask) -> None:
    html = render(app, STATUS + "{{ diagnosis(it, failure) }}", it=EXPLANATION, failure=FAILURE)
    assert '<div class="diagnosis say bad" data-code="auth_bad_credentials"' in html
    assert '<code class="code">535 5.7.8</code>' in html
    assert html.count("<li>") == len(EXPLANATION.fix)


def test_a_standing_state_leaves_the_code_to_the_answer_beside_it(app: Flask) -> None:
    html = render(app, STATUS + "{{ diagnosis(it, ongoing=true) }}", it=EXPLANATION)
    assert "data-code" not in html
    assert "diagnosis" not in html


def test_a_failed_step_carries_its_code_and_leads_to_the_field(app: Flask) -> None:
    steps = [
        {"name": "dns", "state": "passed", "detail": "is 10.0.0.1", "ms": 0},
        {"name": "auth", "state": "failed", "explanation": EXPLANATION, "field_id": "password"},
        {"name": "rset", "state": "not_reached"},
    ]
    html = render(
        app,
        "{% from 'components/check_steps.html' import check_steps %}{{ check_steps(it) }}",
        it=steps,
    )
    assert html.count('data-code="auth_bad_credentials"') == 1
    assert 'href="#password"' in html
    assert "0 ms" in html
    assert "Not reached" in html


def test_vital_signs_hold_the_word_and_the_time_for_machines(app: Flask) -> None:
    source = STATUS + (
        "{{ vital('Sent', at=at, id='last-success-at') }}{{ vital('Test', at=none, id='t') }}"
        "{{ vital('Failures', 0, id='consecutive-failures', value=0) }}"
    )
    html = render(app, source, at=SENT)
    assert '<span id="last-success-at" data-value="2026-11-22T10:42:07Z"><time datetime=' in html
    assert '<span id="t" data-value="">Never</span>' in html
    assert 'id="consecutive-failures" data-value="0">0</dd>' in html


def test_a_refused_field_is_tied_to_its_hint_and_error(app: Flask) -> None:
    source = (
        FORMS + "{{ form.validate() }}{{ error_summary(form) }}{{ field(form.host, 'A name.') }}"
    )
    with app.test_request_context(method="POST"):
        html = render_template_string(source, form=RelayForm())
    assert 'aria-describedby="host-hint host-error-1"' in html
    assert 'aria-invalid="true"' in html
    assert '<a href="#host">Host</a>: Type the relay&#39;s name.' in html


def test_a_password_is_never_written_into_the_page(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"password": "correct horse"}):
        html = render_template_string(FORMS + "{{ field(form.password) }}", form=RelayForm())
    assert "correct horse" not in html


def test_what_people_typed_stays_text(app: Flask) -> None:
    html = render(app, STATUS + "{{ pill('good', name) }}{{ fact('f', name, name) }}", name='"><b>')
    assert "<b>" not in html


def test_a_page_of_errors_needs_nothing_but_its_words(app: Flask) -> None:
    with app.test_request_context():
        html = app.jinja_env.get_template("errors/error.html").render(
            status=404, title="There is no such page", cause="It is gone.", next_step="Go back."
        )
    assert "<h1>There is no such page</h1>" in html
    assert "Error 404" in html
