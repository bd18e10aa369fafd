"""What everybody may keep carries nobody's cookie."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from app.web.headers import MACHINES
from tests.factories import plant
from tests.security.test_permissions import ways
from tests.security.world import build

FILE = "/static/novantra.css"


def test_no_answer_that_may_be_shared_has_a_cookie_or_depends_on_one(
    make_app: Callable[..., Flask],
) -> None:
    world = build(make_app())
    shared = []
    for person in ("visitor", "install_admin"):
        for rule, method in ways(world.app):
            if method != "GET":
                continue
            answer = world.client(person).get(world.path(rule))
            answer.close()
            if answer.cache_control.public:
                shared.append(rule.endpoint)
            else:
                assert answer.cache_control.no_store, rule.rule
            if answer.cache_control.public or rule.rule in MACHINES:
                assert "Set-Cookie" not in answer.headers, rule.rule
                assert "Cookie" not in answer.headers.get("Vary", ""), rule.rule
    assert set(shared) == {"static"}


def test_a_file_that_is_missing_is_kept_by_nobody(make_app: Callable[..., Flask]) -> None:
    world = build(make_app())
    answer = world.client("member").get("/static/missing.css")
    assert answer.status_code == 404
    assert answer.cache_control.no_store


def test_a_session_about_to_be_written_is_not_written_into_a_file(
    make_app: Callable[..., Flask],
) -> None:
    world = build(make_app())
    client = world.client("member")
    plant(client, _flashes=[("good", "something to be said")])
    answer = client.get(FILE)
    answer.close()
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "something to be said" in client.get("/account").text
