"""Without its keys no form of the install fails: what needs them is refused with cause and fix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.crypto.keys import format_keys, new_key
from tests.security.hostile import rules
from tests.security.test_no_500s import SANE, Failures
from tests.security.world import build, without_form_tokens

DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda file: file.unlink(),
    "garbled": lambda file: file.write_text("no key at all\n"),
    "another": lambda file: file.write_text(format_keys([new_key()])),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("person", ["visitor", "member", "org_admin", "install_admin"])
def test_every_form_answers_without_keys(
    make_app: Callable[..., Flask], damage: str, person: str
) -> None:
    world = build(make_app())
    failures = Failures(world.app)
    DAMAGES[damage](world.runtime.config.key_file)
    with without_form_tokens(world.app):
        for rule in rules(world.app):
            if "POST" in (rule.methods or set()):
                failures.ask(world.client(person), "POST", world.path(rule), data=SANE)
    assert failures.found == []


@pytest.mark.parametrize(
    ("path", "form", "person"),
    [
        ("/account/verify-email", {}, "unverified_admin"),
        (
            "/account/email",
            {"email": "new@acme.test", "current_password": SANE["current_password"]},
            "member",
        ),
        (
            "/admin/system/administrators",
            {"email": "someone@acme.test", "name": "Someone"},
            "install_admin",
        ),
    ],
)
def test_what_has_to_be_mailed_is_refused_with_the_cause(
    make_app: Callable[..., Flask], path: str, form: dict[str, str], person: str
) -> None:
    world = build(make_app())
    client = world.client(person)
    with without_form_tokens(world.app):
        world.runtime.config.key_file.unlink()
        before = world.snapshot()
        answer = client.post(path, data=form)
    assert answer.status_code == 503, answer.text
    assert "keys cannot be used" in answer.text
    assert "keys doctor" in answer.text
    assert "Retry-After" in answer.headers
    after = world.snapshot()
    assert after["users"] == before["users"]
    assert after["outbox_messages"] == before["outbox_messages"]
