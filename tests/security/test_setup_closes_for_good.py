"""Setup needs its token, is atomic and closes for good (CVE-2023-46249)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.install.models import Install, SetupDraft
from app.organizations.models import Membership, Organization
from app.runtime import EXTENSION
from tests.factories import cookie_of, csrf_of, plant
from tests.wizard.walk import ACCESS_URL, ADMINISTRATOR, Walk

STEPS = {
    "/setup/access-url": ACCESS_URL,
    "/setup/administrator": ADMINISTRATOR,
    "/setup/mail": {"action": "defer"},
    "/setup/review": {"finish": "yes"},
}


@pytest.fixture
def fresh(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


def looking(app: Flask) -> Session:
    session = app.extensions[EXTENSION].database.session(reading=True)
    assert isinstance(session, Session)
    return session


def second_browser(walk: Walk) -> tuple[FlaskClient, str]:
    """Another browser that has shown the token, with the review in front of it."""
    browser = walk.app.test_client()
    plant(browser, setup=cookie_of(walk.client)["setup"])
    return browser, csrf_of(browser.get("/setup/review").data)


@pytest.mark.parametrize("path", STEPS)
def test_no_step_takes_an_answer_without_the_token(fresh: Flask, path: str) -> None:
    visitor = fresh.test_client()
    csrf = csrf_of(visitor.get("/setup").data)
    answer = visitor.post(path, data={"csrf_token": csrf, **STEPS[path]})
    assert (answer.status_code, answer.location) == (303, "/setup")
    with looking(fresh) as session:
        assert session.get(SetupDraft, 1) is None
        assert session.get(Install, 1) is None


@pytest.mark.timeout(90)
def test_twenty_finishes_at_once_make_one_administrator(fresh: Flask) -> None:
    walk = Walk(fresh).to_review()
    browsers = [second_browser(walk) for _ in range(20)]
    start = threading.Barrier(len(browsers))
    answers: list[tuple[int, str | None]] = []

    def finish(browser: FlaskClient, csrf: str) -> None:
        start.wait()
        answer = browser.post("/setup/review", data={"csrf_token": csrf, "finish": "yes"})
        answers.append((answer.status_code, answer.location))

    threads = [threading.Thread(target=finish, args=browser) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=str) == [(303, "/admin/system")] + [(404, None)] * 19
    with looking(fresh) as session:
        for model in (Install, User, Organization, Membership):
            assert session.scalar(select(func.count()).select_from(model)) == 1
        finished = select(func.count()).where(AuditEvent.tag == "install:finished")
        assert session.scalar(finished) == 1
        assert session.get(SetupDraft, 1) is None


def test_a_finish_that_fails_halfway_leaves_nothing(
    fresh: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(RuntimeError):
        """The power goes."""

    def cut(*_: object, **__: object) -> None:
        raise Cut

    walk = Walk(fresh).to_review()
    monkeypatch.setattr("wizard.finish.record", cut)
    with pytest.raises(Cut):
        walk.finish()
    with looking(fresh) as session:
        for model in (Install, User, Organization, Membership, AuditEvent):
            assert session.scalar(select(func.count()).select_from(model)) == 0
    monkeypatch.undo()
    assert walk.finish().location == "/admin/system"


@pytest.mark.parametrize("path", ["/setup", *STEPS])
def test_setup_stays_closed_when_every_user_and_organization_is_deleted(
    fresh: Flask, make_app: Callable[..., Flask], path: str
) -> None:
    walk = Walk(fresh).to_review()
    shown = cookie_of(walk.client)["setup"]
    walk.finish()
    with fresh.extensions[EXTENSION].database.transaction() as session:
        for model in (Membership, Organization, User):
            session.execute(delete(model))
    for app in (fresh, make_app()):
        visitor = app.test_client()
        plant(visitor, setup=shown)
        csrf = csrf_of(visitor.get("/login").data)
        assert visitor.get(path).status_code == 404
        data = {"csrf_token": csrf, "setup_token": "x", **STEPS.get(path, {})}
        assert visitor.post(path, data=data).status_code == 404
    with looking(fresh) as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0
