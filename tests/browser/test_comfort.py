"""What the script adds to a form, and that the form does the same without it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, render_template_string, request
from flask_wtf import FlaskForm
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server
from wtforms import IntegerField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from app.web.headers import POLICY
from app.web.times import FILTERS
from tests.browser.screens import overflow, violations

pytestmark = pytest.mark.browser
APP = Path(__file__).parents[2] / "app"
PAGE = """{% extends "layouts/console.html" %}
{% from "components/forms.html" import csrf, field, fields, provider_picker, error_summary,
                                       button, derived %}
{% from "components/page.html" import card, more %}
{% from "components/time.html" import ago %}
{% block title %}Mailer{% endblock %}
{% block lede %}Last sent {{ ago(then) }}.{% endblock %}
{% block content %}
<form method="post" novalidate>{{ csrf() }}{{ error_summary(form) }}
{% call card("Mailer") %}
{{ provider_picker(choices, chosen, enter_name="action", enter_value="save") }}
{% call fields() %}{{ field(form.host) }}{{ field(form.password, autocomplete="new-password") }}
{{ field(form.region, data_host_target="#ses-host",
         data_host_map='{"eu-west-1": "email-smtp.eu-west-1.amazonaws.com"}') }}
{{ derived("ses-host", "SMTP host", "") }}{% endcall %}
{% call more("Advanced") %}{{ field(form.connection_timeout) }}{% endcall %}{% endcall %}
{{ button("Save", "primary", name="action", value="save", busy="Saving…") }}
{{ button("Remove", "danger", name="action", value="remove", confirm="Remove the mailer?") }}
</form>
<p id="echo">{{ request.form.get("action") }} {{ request.form.get("provider") }}
{{ request.form.get("host") }}</p>{% endblock %}"""
CHOICES = [
    {"value": "smtp", "title": "SMTP", "text": "Any relay"},
    {"value": "ses", "title": "Amazon SES", "text": "Over SMTP"},
]
REGIONS = [SelectChoice("", "Choose"), SelectChoice("eu-west-1", "Ireland")]


class MailerForm(FlaskForm):
    host = StringField("Host")
    password = PasswordField("Password")
    region = SelectField("Region", choices=REGIONS)
    connection_timeout = IntegerField("Timeout")


def _application() -> Flask:
    app = Flask("comfort", template_folder=str(APP / "templates"), static_folder=APP / "static")
    # Kept by the browser: Werkzeug answers 304 with a file that it forgets to close.
    app.config.update(SECRET_KEY="comfort", WTF_CSRF_ENABLED=False, SEND_FILE_MAX_AGE_DEFAULT=3600)
    app.jinja_env.filters.update(FILTERS)

    @app.route("/", methods=["GET", "POST"])
    def page() -> str:
        form = MailerForm()
        if request.args.get("refused"):
            form.connection_timeout.errors = ["Between 1 and 60 seconds."]
        return render_template_string(
            PAGE,
            form=form,
            choices=CHOICES,
            chosen=request.form.get("provider", "smtp"),
            then=datetime.now(UTC) - timedelta(hours=3, minutes=1),
            navigation=[{"title": "System", "entries": [{"label": "Mailer", "href": "/"}]}],
        )

    @app.after_request
    def _policy(response):  # type: ignore[no-untyped-def]
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, _application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB")
    context.set_default_timeout(5000)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(address)
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def bare(browser: Browser, address: str) -> Iterator[Page]:
    """The same page in a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(address)
    yield opened
    context.close()


def test_a_click_on_a_provider_shows_its_fields_and_keeps_what_was_typed(page: Page) -> None:
    page.get_by_label("Host", exact=True).fill("relay.acme.example")
    page.get_by_text("Amazon SES").click()
    expect(page.locator("#echo")).to_have_text("switch ses relay.acme.example")
    expect(page.get_by_role("radio", name="Amazon SES")).to_be_focused()


def test_arrow_keys_choose_a_provider_without_leaving_the_page(page: Page) -> None:
    page.get_by_role("radio", name="SMTP").first.focus()
    page.keyboard.press("ArrowRight")
    offer = page.get_by_role("button", name="Show the fields for Amazon SES")
    expect(offer).to_be_visible()
    offer.click()
    expect(page.locator("#echo")).to_contain_text("switch ses")


def test_enter_in_a_field_saves_and_does_not_switch(page: Page) -> None:
    page.get_by_label("Host", exact=True).fill("relay.acme.example")
    page.keyboard.press("Enter")
    expect(page.locator("#echo")).to_contain_text("save smtp")


def test_without_scripts_a_button_switches_the_provider(bare: Page) -> None:
    bare.get_by_label("Host", exact=True).fill("relay.acme.example")
    bare.get_by_role("radio", name="Amazon SES").check()
    bare.get_by_role("button", name="Show the fields of this provider").click()
    expect(bare.locator("#echo")).to_have_text("switch ses relay.acme.example")


def test_without_scripts_the_navigation_unfolds_on_a_phone(bare: Page) -> None:
    bare.set_viewport_size({"width": 360, "height": 740})
    link = bare.get_by_role("link", name="Mailer")
    expect(link).to_be_hidden()
    bare.get_by_text("Menu").click()
    expect(link).to_be_visible()


def test_a_dangerous_button_asks_first_and_no_means_no(page: Page) -> None:
    page.get_by_role("button", name="Remove").click()
    question = page.get_by_role("dialog", name="Remove the mailer?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    expect(page.locator("#echo")).not_to_contain_text("remove")
    page.get_by_role("button", name="Remove").click()
    question.get_by_role("button", name="Remove").click()
    expect(page.locator("#echo")).to_contain_text("remove smtp")


def test_a_form_under_way_says_so_and_cannot_be_sent_twice(page: Page, address: str) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_label("Host", exact=True).fill("slow.example")
    said = page.evaluate(
        """() => {
            const save = document.querySelector("button[data-busy]");
            save.click(); save.click(); save.form.requestSubmit(save);
            return save.textContent;
        }"""
    )
    assert said == "Saving…"
    expect(page.locator("#echo")).to_contain_text("save smtp")
    assert sent.count("POST") == 1


def test_a_password_can_be_looked_at(page: Page) -> None:
    field = page.get_by_label("Password", exact=True)
    field.fill("correct horse")
    page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")


def test_the_chosen_region_shows_its_relay_at_once(page: Page) -> None:
    page.get_by_label("Region").select_option("eu-west-1")
    expect(page.get_by_label("SMTP host")).to_have_value("email-smtp.eu-west-1.amazonaws.com")


def test_times_are_told_in_the_readers_zone(page: Page) -> None:
    moment = page.locator("time").first
    expect(moment).to_have_text("3 hours ago")
    assert "GMT+9" in (moment.get_attribute("title") or "")


def test_the_error_summary_leads_to_a_field_inside_a_fold(page: Page, address: str) -> None:
    page.goto(address + "?refused=1")
    expect(page.locator("#error-summary")).to_be_focused()
    page.locator("#error-summary").get_by_role("link", name="Timeout").click()
    expect(page.get_by_label("Timeout")).to_be_focused()


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_overflows(
    page: Page, address: str, width: int, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + "?refused=1")
    assert violations(page) == []
    assert overflow(page) == 0
