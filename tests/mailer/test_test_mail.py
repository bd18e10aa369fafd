"""The test mail, its outcome on the page and its limit."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer import health
from app.mailer.test_mail import allowance, take
from app.runtime import Runtime
from app.throttle import TooMany
from tests.conftest import Clock
from tests.factories import make_user
from tests.mailer.conftest import PASSWORD
from tests.mailer.pages import PATH, MailerPage, smtp
from tests.smtpd import Relay


def configured(page: MailerPage, relay: Relay, **changes: object) -> None:
    fields = smtp(relay, username="novantra", password=PASSWORD) | changes
    assert page.save(**fields).status == 303


def test_the_button_is_there_once_a_configuration_is_saved(page: MailerPage, relay: Relay) -> None:
    assert "Send test email" not in page.open().text.replace("“Send test email”", "")
    configured(page, relay)
    assert ">Send test email</button>" in page.open().text


def test_a_test_mail_reaches_the_administrator_who_pressed_the_button(
    page: MailerPage, relay: Relay
) -> None:
    configured(page, relay)
    answer = page.send_test()
    assert answer.status == 303
    (mail,) = relay.envelopes
    assert mail.rcpt_to == "alice@acme.test"
    assert mail.mail_from == "novantra@acme.test"
    assert mail.encrypted
    assert mail.message["Subject"] == "Test email from Novantra"
    assert mail.message["From"] == "Acme HR <novantra@acme.test>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert "https://hr.acme.test" in mail.text
    assert "Alice Admin" in mail.text
    assert f"localhost:{relay.port}" in mail.text
    assert "STARTTLS" in mail.html


def test_the_outcome_of_a_passed_test_is_on_the_page(
    page: MailerPage, relay: Relay, clock: Clock
) -> None:
    configured(page, relay)
    before = page.open()
    assert before.fact("last-test-result") == "never"
    assert before.fact("last-test-error") == ""
    assert before.time("last-test-at") is None
    page.send_test()
    shown = page.open()
    assert shown.fact("last-test-result") == "succeeded"
    assert shown.fact("last-test-error") == ""
    assert shown.diagnoses == []
    at = shown.time("last-test-at")
    assert at is not None
    assert datetime.fromisoformat(at) == clock()


def test_a_failed_test_is_told_in_plain_words_without_server_text(
    page: MailerPage, relay: Relay
) -> None:
    relay.replies["AUTH"] = "535 5.7.8 <b>go away</b> said the relay"
    configured(page, relay)
    assert page.send_test().status == 303
    shown = page.open()
    assert shown.fact("last-test-result") == "failed"
    assert shown.fact("last-test-error") == "auth_bad_credentials"
    assert shown.diagnoses == ["auth_bad_credentials"]
    assert "535 5.7.8" in shown.words
    assert "go away" not in shown.words
    assert PASSWORD not in shown.text


def test_a_change_of_configuration_voids_the_verdict(page: MailerPage, relay: Relay) -> None:
    configured(page, relay)
    page.send_test()
    page.save(sender_name="Acme People")
    shown = page.open()
    assert shown.fact("last-test-result") == "stale"
    assert "Not since the change" in shown.words


def test_tests_leave_real_sends_health_alone(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
) -> None:
    configured(page, relay)
    with runtime.database.transaction() as session:
        health.record_success(
            session, now=clock() - timedelta(hours=3), kind="invitation", version=1
        )
        for _ in range(2):
            health.record_failure(
                session,
                now=clock(),
                failure=Failure(FailureCode.CONNECT_REFUSED, Phase.CONNECT),
                version=1,
            )
    before = page.open()
    page.send_test()
    relay.replies["AUTH"] = "535 5.7.8 no"
    page.send_test()
    shown = page.open()
    for fact in ("last-success-at", "consecutive-failures"):
        assert shown.fact(fact) == before.fact(fact)
    assert shown.fact("consecutive-failures") == "2"
    assert shown.time("last-success-at") is not None


def test_the_sixth_test_in_15_minutes_is_refused_with_the_time(
    page: MailerPage, relay: Relay, clock: Clock
) -> None:
    configured(page, relay)
    for left in (5, 4, 3, 2, 1):
        assert page.open().fact("tests-left") == str(left)
        assert page.send_test().status == 303
        clock.advance(minutes=1)
    shown = page.open()
    assert re.search(r"<button[^>]* disabled[^>]*>Send test email</button>", shown.text)
    assert "0 of 5 tests left, the next " in shown.words
    refused = page.send_test()
    assert refused.status == 429
    assert refused.response.headers["Retry-After"] == "600"
    assert "five in 15 minutes is the limit" in refused.words
    assert len(relay.envelopes) == 5
    clock.advance(minutes=10)
    assert page.send_test().status == 303
    assert len(relay.envelopes) == 6


def test_failed_tests_count_too(page: MailerPage, relay: Relay) -> None:
    relay.replies["MAIL"] = "451 4.3.0 later"
    configured(page, relay)
    for _ in range(5):
        page.send_test()
    assert page.send_test().status == 429


def test_the_limit_is_each_administrators_own(
    page: MailerPage,
    relay: Relay,
    session: Session,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    configured(page, relay)
    for _ in range(5):
        page.send_test()
    bob = make_user(session, "bob@acme.test", install_admin=True)
    session.commit()
    other = MailerPage(sign_in(bob))
    assert other.open().fact("tests-left") == "5"
    assert other.send_test().status == 303
    assert relay.envelopes[-1].rcpt_to == "bob@acme.test"


def test_parallel_requests_cannot_take_more_than_five(runtime: Runtime, clock: Clock) -> None:
    def one(_: int) -> bool:
        try:
            with runtime.database.transaction() as session:
                take(session, user_id=7, now=clock())
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        taken = list(pool.map(one, range(24)))
    assert taken.count(True) == 5
    with runtime.database.session(reading=True) as session:
        assert allowance(session, user_id=7, now=clock()).left == 0


def test_a_form_error_costs_no_test(page: MailerPage, relay: Relay) -> None:
    configured(page, relay)
    assert page.client.post(f"{PATH}/test").status_code == 400
    refused = page.send_test(host="elsewhere.acme.test")
    assert refused.status == 422
    assert "holds changes that are not saved" in refused.words
    assert refused.fields["host"] == "elsewhere.acme.test"
    assert page.open().fact("tests-left") == "5"
    assert relay.envelopes == []


def test_while_mail_is_pending_a_test_is_refused(page: MailerPage) -> None:
    answer = page.send_test()
    assert answer.status == 503
    assert "Mail is not set up" in answer.words


def test_a_bare_button_press_is_enough(page: MailerPage, relay: Relay) -> None:
    configured(page, relay)
    answer = page.send_test(**dict.fromkeys(page.open().fields.keys() - {"csrf_token"}))
    assert answer.status == 303
    assert len(relay.envelopes) == 1


def test_a_test_is_possible_while_paused_and_does_not_end_the_pause(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
) -> None:
    configured(page, relay)
    with runtime.database.transaction() as session:
        health.pause(
            session, now=clock(), failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        )
    page.send_test()
    shown = page.open()
    assert shown.fact("mail-state") == "paused"
    assert shown.fact("last-test-result") == "succeeded"


def test_the_console_writes_one_line_and_no_body(
    page: MailerPage, caplog: pytest.LogCaptureFixture
) -> None:
    page.save(provider="console", sender_address="novantra@acme.test")
    page.send_test()
    (line,) = [r for r in caplog.records if r.name == "novantra.mail.console"]
    assert (line.kind, line.to) == ("test", "alice@acme.test")
    assert "It works" not in line.getMessage()
    assert page.open().fact("last-test-result") == "succeeded"


def test_a_failed_test_and_a_pause_for_the_same_reason_are_told_once(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
) -> None:
    configured(page, relay, password="wrong")
    page.send_test()
    with runtime.database.transaction() as session:
        health.pause(
            session, now=clock(), failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        )
    shown = page.open()
    assert shown.diagnoses == ["auth_bad_credentials"]
    assert "The last test email failed in the same way." in shown.words
