"""Who sees the mailer, and what every console page says about mail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.config import Config
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer import health
from app.mailer.active import active_mailer
from app.runtime import EXTENSION, Runtime
from tests.conftest import Clock
from tests.factories import make_user, signed_in
from tests.mailer.conftest import PASSWORD
from tests.mailer.pages import CHECKED, MailerPage, Page, smtp
from tests.smtpd import Relay

ELSEWHERE = "/admin/system/audit"
FIELDS = {"provider": "smtp", "sender_address": "a@acme.test", "host": "relay.acme.test"}


def elsewhere(page: MailerPage) -> Page:
    return Page(page.client.get(ELSEWHERE))


def test_every_console_page_says_that_mail_is_pending_until_it_is_done(page: MailerPage) -> None:
    before = elsewhere(page)
    assert 'id="notice-mail-pending"' in before.text
    assert "Password resets, invitations to new people" in before.words
    page.save(**FIELDS)
    assert 'id="notice-mail-pending"' not in elsewhere(page).text


def test_every_console_page_says_that_mail_is_paused_and_why(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    page.save(**FIELDS)
    with runtime.database.transaction() as session:
        health.pause(
            session, now=clock(), failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        )
    shown = elsewhere(page)
    assert 'id="notice-mail-paused"' in shown.text
    assert "The relay refuses our user name and password" in shown.words


def test_a_failure_says_nothing_about_a_configuration_saved_after_it(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    page.save(**FIELDS)
    with runtime.database.transaction() as session:
        health.pause(
            session, now=clock(), failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        )
        health.record_failure(
            session,
            now=clock(),
            failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH),
            version=1,
        )
    clock.advance(seconds=1)
    page.save(**{**FIELDS, "host": "right.acme.test"})
    shown = page.open()
    assert "refuses our user name" not in shown.words
    assert "Changed, not tried yet" in shown.words
    assert shown.fact("consecutive-failures") == "1"
    assert 'id="notice-mail-failing"' not in elsewhere(page).text


def test_one_greylisted_recipient_alarms_nobody_unless_it_goes_on(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    page.save(**FIELDS)
    with runtime.database.transaction() as session:
        health.record_failure(
            session,
            now=clock(),
            failure=Failure(FailureCode.RECIPIENT_TEMPORARY, Phase.RCPT_TO),
            version=1,
        )
    before = elsewhere(page).text
    assert 'id="notice-mail-failing"' not in before
    assert 'class="dot ' not in before
    clock.advance(minutes=15)
    after = elsewhere(page).text
    assert 'id="notice-mail-failing"' in after
    assert 'class="dot ' in after


def test_every_console_page_says_that_mail_is_failing(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    page.save(**FIELDS)
    with runtime.database.transaction() as session:
        health.record_failure(
            session,
            now=clock(),
            failure=Failure(FailureCode.CONNECT_REFUSED, Phase.CONNECT),
            version=1,
        )
    assert "The last mail could not be sent" in elsewhere(page).words
    with runtime.database.transaction() as session:
        health.record_success(session, now=clock(), kind="invitation", version=1)
    assert 'id="notice-mail-failing"' not in elsewhere(page).text


def test_navigation_shows_the_mailer_to_those_who_may_and_to_nobody_else(
    page: MailerPage, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    assert 'href="/admin/system/mailer"' in elsewhere(page).text
    member = make_user(session, "m@acme.test", organization_role="admin")
    session.commit()
    for path in ("/account", "/organizations/acme/members"):
        shown = sign_in(member).get(path)
        assert shown.status_code == 200
        assert b"/admin/system/mailer" not in shown.data
        assert b"notice-mail" not in shown.data


@pytest.fixture
def keyless(
    page: MailerPage,
    config: Config,
    make_app: Callable[..., Flask],
    admin: User,
) -> MailerPage:
    """The same install started again without its key file, a password being stored."""
    assert page.save(**FIELDS, username="novantra", password=PASSWORD).status == 303
    config.key_file.rename(config.key_file.with_suffix(".lost"))
    app = make_app()
    return MailerPage(signed_in(app, admin))


def test_without_keys_the_page_still_answers_with_a_banner(keyless: MailerPage) -> None:
    for shown in (keyless.open(), elsewhere(keyless)):
        assert shown.status == 200
        assert 'id="notice-keys"' in shown.text
    assert "Held: keys missing" in keyless.open().words


def test_without_keys_no_password_is_saved_and_none_in_clear(
    keyless: MailerPage, tmp_path: Path
) -> None:
    answer = keyless.save(password="another-secret")
    assert answer.status == 422
    assert "The password cannot be stored" in " ".join(answer.errors("password"))
    assert keyless.save(sender_name="Acme People").status == 303
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"another-secret" not in file.read_bytes()


def test_without_keys_neither_check_nor_test_uses_the_stored_password(
    keyless: MailerPage,
) -> None:
    answer = keyless.check()
    assert answer.status == 422
    assert "cannot be decrypted" in " ".join(answer.errors("password"))
    assert keyless.send_test().status == 503
    assert keyless.open().fact("tests-left") == "5"


def test_without_keys_mail_is_held(keyless: MailerPage) -> None:
    runtime = keyless.client.application.extensions[EXTENSION]
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
    assert active is not None
    assert active.problem
    assert active.relay is None or active.relay.password is None


def test_a_password_can_be_removed_without_keys(keyless: MailerPage) -> None:
    assert keyless.save(remove_password=CHECKED).status == 303
    shown = keyless.open()
    assert 'name="remove_password"' not in shown.text
    assert "Held: keys missing" in shown.words, "without a key no mail can be sealed at all"


def test_restored_keys_bring_everything_back(
    keyless: MailerPage, config: Config, make_app: Callable[..., Flask]
) -> None:
    config.key_file.with_suffix(".lost").rename(config.key_file)
    runtime = make_app().extensions[EXTENSION]
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
    assert active is not None
    assert active.problem is None


def test_coming_back_later_needs_no_restart(page: MailerPage, relay: Relay) -> None:
    assert page.send_test().status == 503
    page.save(**smtp(relay, username="novantra", password=PASSWORD))
    page.send_test()
    assert len(relay.envelopes) == 1
