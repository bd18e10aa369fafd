"""No line of text that people type holds what cannot be seen, and every script can be written."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.plain_text import CONTROL, HIDDEN, why_not_plain
from tests.factories import csrf_of

HIDDEN_ONES = [
    "\u202e",
    "\u202a",
    "\u2066",
    "\u2069",
    "\u200e",
    "\u200f",
    "\u061c",
    "\u200b",
    "\u2060",
]
HIDDEN_ONES += ["\ufeff", "\u00ad", "\u180e", "\U000e0041", "\ue000", "\u3164", "\u2800", "\u115f"]


@pytest.mark.parametrize("hidden", HIDDEN_ONES)
def test_a_hidden_character_is_refused_wherever_it_stands(hidden: str) -> None:
    for text in (f"Al{hidden}ice", f"{hidden}Alice", f"Alice{hidden}"):
        assert why_not_plain(text) == HIDDEN


@pytest.mark.parametrize("control", ["\n", "\r", "\t", "\0", "\x7f", "\u2028", "\u2029", "\ud800"])
def test_a_control_character_is_refused(control: str) -> None:
    assert why_not_plain(f"Al{control}ice") == CONTROL


@pytest.mark.parametrize(
    "name",
    ["Alice", "Þóra Björk", "דנה כהן", "محمد", "می\u200cخواهم", "क्\u200dष", "山田太郎",
     "O’Brien-Łukasz", "👩\u200d💻 Ada", "Nguyễn", ""],
)  # fmt: skip
def test_names_of_every_script_are_taken(name: str) -> None:
    assert why_not_plain(name) is None


@pytest.mark.parametrize("name", ["Al\u202eecila", "\u2066Alice", "Al\u200bice"])
def test_a_form_says_so_beside_the_field(admin_client: FlaskClient, name: str) -> None:
    page = admin_client.get("/account")
    answer = admin_client.post("/account", data={"csrf_token": csrf_of(page.data), "name": name})
    assert answer.status_code == 422
    assert "hidden character" in answer.text


def test_a_command_says_so_too(app: Flask) -> None:
    words = ["users", "create-admin", "--email", "eve@acme.test", "--name", "E\u202eve"]
    answer = app.test_cli_runner().invoke(args=[*words, "--password-stdin"], input="x\n")
    assert answer.exit_code != 0
    assert "Nothing was changed" in answer.output


def test_names_are_isolated_on_pages(admin_client: FlaskClient) -> None:
    page = admin_client.get("/organizations/acme/members").text
    assert "<bdi>Alice Admin</bdi>" in page
