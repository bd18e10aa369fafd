"""Only somebody who can read the server's console or data folder can begin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.runtime import EXTENSION
from tests.conftest import Clock
from tests.factories import cookie_of, csrf_of
from tests.wizard.walk import ACCESS_URL, Walk, token_of


def test_the_token_opens_the_first_question(walk: Walk) -> None:
    answer = walk.send("/setup", {"setup_token": token_of(walk.app)})
    assert (answer.status_code, answer.location) == (303, "/setup/access-url")


def test_the_printed_address_carries_the_token_into_the_field(walk: Walk) -> None:
    token = token_of(walk.app)
    page = walk.get(f"/setup?token={token}")
    assert f'value="{token}"' in page.text


def test_copying_blanks_or_losing_the_dashes_does_no_harm(walk: Walk) -> None:
    typed = f"  {token_of(walk.app).replace('-', '').upper()} "
    assert walk.send("/setup", {"setup_token": typed}).status_code == 303


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "0" * 40, "x" * 5000, "a\x00b\x07", "ünïcödé-t€st", "' OR 1=1 --", "<b>x</b>"],
)
def test_a_wrong_token_is_refused_beside_the_field(walk: Walk, typed: str) -> None:
    answer = walk.send("/setup", {"setup_token": typed})
    assert answer.status_code == 422
    assert 'id="setup_token-error-1"' in answer.text
    assert "<b>x</b>" not in answer.text
    assert walk.get("/setup/access-url").location == "/setup"


def test_wrong_tokens_are_limited_and_the_limit_survives_a_restart(
    walk: Walk, make_app: Callable[..., Flask], clock: Clock
) -> None:
    token = token_of(walk.app)
    for _ in range(10):
        assert walk.send("/setup", {"setup_token": "0" * 40}).status_code == 422
    again = Walk(make_app())
    answer = again.send("/setup", {"setup_token": token})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 901
    assert "Try again in 15 minutes" in answer.text
    clock.advance(minutes=16)
    assert again.send("/setup", {"setup_token": token}).status_code == 303


def test_an_empty_field_is_no_try(walk: Walk) -> None:
    for _ in range(12):
        assert walk.send("/setup", {"setup_token": ""}).status_code == 422
    walk.begin()


def test_another_browser_enters_the_token_and_goes_on_where_the_first_stopped(walk: Walk) -> None:
    walk.begin().send("/setup/access-url", ACCESS_URL)
    other = Walk(walk.app)
    answer = other.send("/setup", {"setup_token": token_of(walk.app)})
    assert answer.location == "/setup/administrator"
    assert 'value="https://hr.acme.test"' in other.get("/setup/access-url").text


def test_a_session_is_bound_to_the_token_it_has_shown(walk: Walk) -> None:
    walk.begin()
    walk.app.extensions[EXTENSION].config.setup_token_file.write_text("f" * 40)
    assert walk.get("/setup/access-url").location == "/setup"


def test_the_token_is_not_in_the_cookie(walk: Walk) -> None:
    walk.begin()
    assert token_of(walk.app) not in str(cookie_of(walk.client))


def test_a_page_that_went_stale_says_so(walk: Walk) -> None:
    page = walk.get("/setup")
    other = Walk(walk.app)
    answer = other.client.post("/setup", data={"csrf_token": csrf_of(page.data)})
    assert answer.status_code == 400


def test_the_command_prints_the_token_while_setup_is_open(walk: Walk) -> None:
    runner = walk.app.test_cli_runner()
    assert runner.invoke(args=["setup", "token"]).output.strip() == token_of(walk.app)
    walk.to_review().finish()
    result = runner.invoke(args=["setup", "token"])
    assert result.exit_code == 2
    assert "setup is finished" in result.output
