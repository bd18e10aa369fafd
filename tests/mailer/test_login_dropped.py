"""From a relay with a login to one without: nothing to type, and the stored password goes."""

from __future__ import annotations

from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import MailerPage, smtp
from tests.smtpd import Relay


def test_no_user_name_and_no_password_mean_no_login(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**smtp(relay, username="novantra", password=PASSWORD))
    with Relay() as open_relay:
        plain = smtp(open_relay, username="", password="")
        checked = page.check(**plain)
        assert checked.status == 200
        assert checked.steps()["auth"] == "skipped"
        assert stored.only.password_sealed is not None, "a check saves nothing"
        assert page.save(**plain).status == 303
        assert stored.only.password_sealed is None
        assert stored.events[-1].changes["password"] == "removed"
        assert PASSWORD not in str(stored.events[-1].changes)
        page.send_test()
        assert page.open().fact("last-test-result") == "succeeded"
    assert relay.auth_attempts == []


def test_the_same_relay_without_its_login_needs_no_password_either(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**smtp(relay, username="novantra", password=PASSWORD))
    assert page.save(username="").status == 303
    assert (stored.only.username, stored.only.password_sealed) == (None, None)
    assert "stored, encrypted" not in page.open().words


def test_a_test_mail_with_an_emptied_user_name_is_an_unsaved_change(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**smtp(relay, username="novantra", password=PASSWORD))
    answer = page.send_test(username="")
    assert answer.status == 422
    assert "changes that are not saved" in answer.words
    assert answer.errors("password") == []
    assert relay.connections == 0


def test_a_provider_that_needs_a_login_still_asks_for_it(page: MailerPage, stored: Stored) -> None:
    fields = {
        "provider": "ses",
        "region": "eu-west-1",
        "sender_address": "novantra@acme.test",
        "username": "AKIAIOSFODNN7EXAMPLE",
        "password": "B" + "A" * 43,
    }
    page.save(**fields)
    answer = page.save(username="", password="")
    assert answer.status == 422
    assert answer.errors("username")
    assert stored.only.password_sealed is not None
