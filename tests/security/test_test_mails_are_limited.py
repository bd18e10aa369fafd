"""Five test mails in 15 minutes, whatever the browser, process or outcome."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.runtime import Runtime
from app.throttle import Throttle
from tests.conftest import Clock
from tests.factories import signed_in
from tests.mailer.pages import PATH, MailerPage, smtp
from tests.security.world import without_form_tokens
from tests.smtpd import Relay


@pytest.fixture
def page(admin_client: FlaskClient) -> MailerPage:
    return MailerPage(admin_client)


def press(client: FlaskClient) -> int:
    return client.post(f"{PATH}/test").status_code


def test_the_sixth_is_refused_and_reaches_no_relay(
    app: Flask, page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    with Relay() as relay, without_form_tokens(app):
        page.save(**smtp(relay))
        for _ in range(3):  # a form that is refused costs nothing
            wrong = {"provider": "smtp", "host": "elsewhere.test"}
            assert page.client.post(f"{PATH}/test", data=wrong).status_code == 422
        assert [press(page.client) for _ in range(5)] == [303] * 5
        assert len(relay.envelopes) == 5
        refused = page.client.post(f"{PATH}/test")
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 900
        assert len(relay.envelopes) == 5
        clock.advance(minutes=15)
        assert press(page.client) == 303


def test_failed_tests_count_like_the_others(app: Flask, page: MailerPage) -> None:
    with Relay(reject_mail="550 5.7.1 no") as relay, without_form_tokens(app):
        page.save(**smtp(relay))
        assert [press(page.client) for _ in range(6)] == [303] * 5 + [429]
        assert relay.received("MAIL") == 5


def test_twelve_at_once_in_two_processes_are_five(
    make_app: Callable[..., Flask],
    app: Flask,
    page: MailerPage,
    admin: User,
    runtime: Runtime,
) -> None:
    """Two applications on one database share nothing else, as two processes do."""
    second = make_app()

    with Relay() as relay:
        page.save(**smtp(relay))
        with without_form_tokens(app), without_form_tokens(second):
            clients = [signed_in(where, admin) for where in (app, second) * 6]
            with ThreadPoolExecutor(12) as pool:
                answers = sorted(pool.map(press, clients))
        assert answers == [303] * 5 + [429] * 7
        assert len(relay.envelopes) == 5
    with runtime.database.session(reading=True) as session:
        assert session.query(Throttle).filter_by(purpose="test-mail").count() == 5
