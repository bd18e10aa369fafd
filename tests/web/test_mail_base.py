"""The base of every mail reads well as text and as HTML, however blocks are trimmed."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import (
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    select_autoescape,
)

TEMPLATES = Path(__file__).parents[2] / "app/templates"
LINK = "https://hr.acme.example/reset-password/" + "q7mE0u8cTqk3-Zr5yXwVb1N4pLs9" * 3
MAIL = {
    "mail.txt": """{% extends "email/_base.txt" %}
{% from "email/_parts.txt" import paragraph, link_line, code_line, facts, steps %}
{% block content %}
{% call paragraph() %}Somebody, most likely you, asked to reset the password of {{ email }}.
  The link works once, until 11:12 (Europe/Berlin):{% endcall %}
{{ link_line(link) }}
{{ facts([("Relay", "relay.acme.example"), ("Port", 587)]) }}
{{ steps(["Open the page", "Press the button"]) }}
{% endblock %}
{% block why %}
{% call paragraph() %}Not you? Ignore this mail.{% endcall %}
{% endblock %}
""",
    "mail.html": """{% extends "email/_base.html" %}
{% from "email/_parts.html" import heading, paragraph, button, code_box, quiet, facts, steps %}
{% block preheader %}The link works once.{% endblock %}
{% block content %}{{ heading("New <password>") }}
{% call paragraph() %}For {{ email }}{% endcall %}
{{ button(link, "Choose") }}{{ code_box("482915") }}
{{ facts([("Relay", "<b>")]) }}{{ steps(["Open <i>"]) }}{% call quiet() %}Soon.{% endcall %}
{% endblock %}{% block why %}Not you? Ignore this mail.{% endblock %}
""",
}


@pytest.fixture(params=[True, False], ids=["trimmed", "untrimmed"])
def environment(request: pytest.FixtureRequest) -> Environment:
    return Environment(
        loader=ChoiceLoader([DictLoader(MAIL), FileSystemLoader(TEMPLATES)]),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=request.param,
        lstrip_blocks=request.param,
    )


def test_the_plain_part_reads_as_if_written_by_hand(environment: Environment) -> None:
    text = environment.get_template("mail.txt").render(
        email="dana@acme.example", link=LINK, organization="Acme", host="hr.acme.example"
    )
    assert text.rstrip("\n").split("\n") == [
        "Somebody, most likely you, asked to reset the password of",
        "dana@acme.example. The link works once, until 11:12 (Europe/Berlin):",
        "",
        LINK,
        "",
        "Relay: relay.acme.example",
        "Port: 587",
        "",
        "1. Open the page",
        "2. Press the button",
        "",
        "Not you? Ignore this mail.",
        "",
        "-- ",
        "Novantra at Acme, hr.acme.example",
    ]


def test_the_html_part_is_small_escaped_and_fetches_nothing(environment: Environment) -> None:
    html = environment.get_template("mail.html").render(email="<dana>", link=LINK)
    assert len(html.encode()) < 10_000
    assert "&lt;dana&gt;" in html
    assert "New &lt;password&gt;" in html
    assert "&lt;b&gt;" in html
    assert "Open &lt;i&gt;" in html
    assert "<img" not in html
    assert "@import" not in html
    assert html.count(LINK) == 3, "the button, the link under it, and the link's own text"


def test_the_mail_prefers_the_readers_own_colours(environment: Environment) -> None:
    html = environment.get_template("mail.html").render(email="", link=LINK)
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html
