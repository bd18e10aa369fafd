"""A stored password belongs to the provider it was typed for."""

from __future__ import annotations

from tests.mailer.pages import PATH, MailerPage, Page

SES = {
    "provider": "ses",
    "region": "eu-west-1",
    "sender_address": "novantra@acme.test",
    "username": "AKIAIOSFODNN7EXAMPLE",
    "password": "B" + "A" * 43,
}
SMTP = {
    "provider": "smtp",
    "sender_address": "novantra@acme.test",
    "host": "relay.acme.test",
    "username": "novantra",
    "password": "Kanari-47 secret",
}


def test_another_providers_form_claims_no_stored_password(page: MailerPage) -> None:
    page.save(**SMTP)
    assert "stored, encrypted" in page.open().words
    for provider in ("ses", "microsoft365"):
        shown = Page(page.client.get(f"{PATH}?provider={provider}"))
        assert "stored, encrypted" not in shown.words
        assert "A password without a user name" not in shown.words


def test_a_relay_without_a_login_can_follow_a_provider_with_one(page: MailerPage) -> None:
    page.save(**SES)
    saved = page.save(provider="smtp", sender_address="novantra@acme.test", host="relay.acme.test")
    assert saved.status == 303
    assert "stored, encrypted" not in page.open().words


def test_a_user_name_still_asks_for_its_own_password(page: MailerPage) -> None:
    page.save(**SES)
    refused = page.save(**SMTP | {"password": ""})
    assert refused.status == 422
    assert "Type the password again" in " ".join(refused.errors("password"))


def test_errors_are_listed_in_the_order_of_the_page(page: MailerPage) -> None:
    blank = {"login_method": "password", "sender_address": "", "username": "", "password": ""}
    told = page.save(provider="microsoft365", **blank).words
    summary = told[told.index("answers need another look") :]
    places = [summary.index(f"{label}:") for label in ("Sender address", "Username", "Password")]
    assert places == sorted(places)
