"""After a test somebody says whether it arrived: only a person can know."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default

from app.runtime import Runtime
from tests.conftest import Clock
from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import PATH, MailerPage, Page, smtp
from tests.mailer.situations import World
from tests.smtpd import Relay


def phrase_of_test(page: MailerPage, relay: Relay) -> str:
    """A test mail was sent; the phrase that it carries."""
    assert page.save(**smtp(relay, username="novantra", password=PASSWORD)).status == 303
    assert page.send_test().status == 303
    mail = message_from_bytes(relay.envelopes[-1].content, policy=default)
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"says “([a-z]+ [a-z]+)”", " ".join(body.get_content().split()))
    assert found, body.get_content()
    return found[1]


def say(page: MailerPage, phrase: str, arrived: str) -> Page:
    token = page.open().fields["csrf_token"]
    sent = {"csrf_token": token, "phrase": phrase, "arrived": arrived}
    return Page(page.client.post(f"{PATH}/arrived", data=sent))


def test_the_mail_carries_a_phrase_that_the_page_asks_about(
    page: MailerPage, relay: Relay, stored: Stored
):
    phrase = phrase_of_test(page, relay)
    shown = page.open()
    assert "Did the test email arrive?" in shown.words
    assert f"says “{phrase}”" in shown.words
    assert say(page, phrase, "yes").status == 303
    after = page.open()
    assert "Did the test email arrive?" not in after.words
    assert "alice@acme.test, arrived" in after.words
    assert [event.tag for event in stored.events][-1] == "mailer:test_answered"


def test_what_did_not_arrive_leads_on_and_is_no_green(page: MailerPage, relay: Relay):
    say(page, phrase_of_test(page, relay), "no")
    shown = page.open()
    assert "spam folder" in shown.words
    assert "Taken, but not arrived" in shown.words
    assert "Sending normally" not in shown.words
    assert page.send_test().status == 303
    assert "Did the test email arrive?" in page.open().words, "another test asks again"


def test_mail_that_the_relay_takes_later_is_no_sign_that_it_arrives(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
):
    say(page, phrase_of_test(page, relay), "no")
    World(runtime, clock).sent()
    shown = page.open()
    assert "Taken, but not arrived" in shown.words
    assert "Sending normally" not in shown.words
    assert shown.fact("mail-health") == "working"
    assert page.send_test().status == 303
    assert "Taken, but not arrived" not in page.open().words


def test_an_answer_about_an_older_mail_counts_for_nothing(
    page: MailerPage, relay: Relay, runtime: Runtime, clock: Clock
):
    phrase = phrase_of_test(page, relay)
    say(page, f"{phrase}s", "no")
    assert "Did the test email arrive?" in page.open().words
    say(page, phrase, "perhaps")
    assert "Did the test email arrive?" in page.open().words
    say(page, phrase, "yes")
    say(page, phrase, "no")
    assert "did not arrive" not in page.open().words
