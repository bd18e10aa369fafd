"""Switching provider keeps what was typed for the others, and never a password."""

from __future__ import annotations

from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import MailerPage, Page, smtp
from tests.smtpd import Relay


def press_switch(page: MailerPage, shown: Page, to: str, **typed: str) -> Page:
    """Choose another card and press the button under the cards, as a browser would."""
    data = shown.fields | typed | {"provider": to, "action": "switch"}
    return Page(page.client.post("/admin/system/mailer", data=data))


def test_what_was_typed_for_another_provider_comes_back(page: MailerPage, stored: Stored) -> None:
    typed = {
        "host": "relay.acme.test",
        "port": "2525",
        "username": "novantra",
        "password": "typed-secret",
        "sender_address": "novantra@acme.test",
    }
    there = press_switch(page, page.open(), "ses", **typed)
    assert there.status == 200
    assert there.fields["shown"] == "ses"
    assert there.fields["port"] == "587"
    assert there.fields["username"] == ""
    assert there.fields["sender_address"] == "novantra@acme.test"
    back = press_switch(page, there, "smtp", region="eu-west-1")
    assert back.fields["host"] == "relay.acme.test"
    assert back.fields["port"] == "2525"
    assert back.fields["username"] == "novantra"
    again = press_switch(page, back, "ses")
    assert again.fields["region"] == "eu-west-1"
    for shown in (there, back, again):
        assert "typed-secret" not in shown.text
    assert stored.row is None


def test_a_switch_turned_off_stays_off_when_one_comes_back(page: MailerPage) -> None:
    shown = page.open()
    data = {name: value for name, value in shown.fields.items() if name != "secure"}
    data |= {"provider": "console", "action": "switch"}
    there = Page(page.client.post("/admin/system/mailer", data=data))
    assert "secure" not in press_switch(page, there, "smtp").fields


def test_switching_shows_no_stored_secret_and_saves_nothing(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**smtp(relay, username="novantra", password=PASSWORD))
    there = press_switch(page, page.open(), "microsoft365")
    assert there.fields["username"] == ""
    assert there.fields["sender_address"] == "novantra@acme.test"
    back = press_switch(page, there, "smtp")
    assert back.fields["host"] == "localhost"
    assert PASSWORD not in there.text + back.text
    assert (stored.only.provider, stored.only.version) == ("smtp", 1)


def test_what_was_typed_survives_a_refused_save(page: MailerPage) -> None:
    there = press_switch(page, page.open(), "ses", host="relay.acme.test")
    refused = Page(page.client.post("/admin/system/mailer", data=there.fields))
    assert refused.status == 422
    assert press_switch(page, refused, "smtp").fields["host"] == "relay.acme.test"


def test_a_forged_memory_is_only_text_in_fields(page: MailerPage) -> None:
    for kept in (
        "[]",
        "{",
        "9" * 9000,
        '{"smtp": 3}',
        '{"smtp": {"password": "forged", "host": "<script>alert(1)</script>", "port": 5}}',
        "[" * 7000,
    ):
        shown = press_switch(page, page.open("ses"), "smtp", kept=kept)
        assert shown.status == 200
        assert "forged" not in shown.text
        assert "<script>alert" not in shown.text


def test_a_provider_can_be_looked_at_by_its_address(page: MailerPage) -> None:
    for provider in ("smtp", "microsoft365", "ses", "console"):
        assert page.open(provider).fields["shown"] == provider
    assert page.open("nonsense").fields["shown"] == "smtp"
