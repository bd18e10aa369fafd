"""A fresh install leads to its setup; a finished one has none."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.install.service import current
from app.runtime import EXTENSION
from tests.wizard.walk import Walk, token_of

SETUP_ROUTES = (
    "/setup",
    "/setup/access-url",
    "/setup/administrator",
    "/setup/mail",
    "/setup/review",
)


@pytest.mark.parametrize(
    "path",
    ["/", "/login", "/admin/system", "/account", "/no-such-page", "/organizations/x/members"],
)
def test_every_page_of_a_fresh_install_leads_to_setup(walk: Walk, path: str) -> None:
    answer = walk.get(path)
    assert (answer.status_code, answer.location) == (303, "/setup")


def test_a_form_sent_to_a_fresh_install_leads_to_setup(walk: Walk) -> None:
    answer = walk.client.post("/login", data={"email": "a@acme.test", "password": "x"})
    assert (answer.status_code, answer.location) == (303, "/setup")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/static/novantra.css"])
def test_machines_are_answered_before_setup(walk: Walk, path: str) -> None:
    with walk.get(path) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize("path", SETUP_ROUTES[1:])
def test_no_step_opens_without_the_token(walk: Walk, path: str) -> None:
    assert walk.get(path).location == "/setup"


@pytest.mark.parametrize("path", SETUP_ROUTES)
def test_a_finished_setup_is_closed_on_every_route(walk: Walk, path: str) -> None:
    walk.to_review().finish()
    for client in (walk.client, walk.app.test_client()):
        for answer in (client.get(path), client.post(path, data={"finish": "yes"})):
            assert answer.status_code in {400, 404}
        assert b"Setup is finished" in client.get(path).data


def test_setup_stays_closed_when_every_user_is_deleted(
    walk: Walk, rows: Session, make_app: Callable[..., Flask]
) -> None:
    walk.to_review().finish()
    rows.execute(delete(User))
    rows.commit()
    for app in (walk.app, make_app()):
        assert app.test_client().get("/setup").status_code == 404
        assert app.test_client().get("/").location != "/setup"


def test_another_process_that_finishes_closes_this_one_too(
    walk: Walk, make_app: Callable[..., Flask]
) -> None:
    other = make_app()
    assert other.test_client().get("/setup").status_code == 200
    walk.to_review().finish()
    assert other.test_client().get("/setup").status_code == 404
    assert other.test_client().get("/login").status_code == 200


def test_the_token_file_can_only_be_read_by_its_owner_and_goes_at_the_end(walk: Walk) -> None:
    file: Path = walk.app.extensions[EXTENSION].config.setup_token_file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(token_of(walk.app).replace("-", "")) * 4 >= 128
    walk.to_review().finish()
    assert not file.exists()


def test_a_restart_keeps_the_token(walk: Walk, make_app: Callable[..., Flask]) -> None:
    token = token_of(walk.app)
    assert token_of(make_app()) == token


def test_a_token_file_left_behind_goes_at_the_next_start(
    walk: Walk, make_app: Callable[..., Flask]
) -> None:
    token = token_of(walk.app)
    walk.to_review().finish()
    file: Path = walk.app.extensions[EXTENSION].config.setup_token_file
    file.write_text(token)
    make_app()
    assert not file.exists()


def test_the_cloud_has_no_wizard_and_makes_its_install_row_once(
    make_app: Callable[..., Flask],
) -> None:
    for _ in range(2):
        app = make_app(edition="cloud", access_url="https://cloud.novantra.test/")
    assert app.test_client().get("/setup").status_code == 404
    assert not app.extensions[EXTENSION].config.setup_token_file.exists()
    with app.extensions[EXTENSION].database.session() as session:
        install = current(session)
        assert install is not None
        assert install.access_url == "https://cloud.novantra.test"
