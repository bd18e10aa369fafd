"""The name that relays are greeted with can be typed, and is worked out where it is not."""

from __future__ import annotations

import pytest

from app.mail.greeting import GreetingRefused, clean_greeting
from app.mailer.active import ehlo_name
from tests.mailer.conftest import Stored
from tests.mailer.pages import MailerPage, smtp
from tests.smtpd import Relay


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("mail.acme.test", "mail.acme.test"),
        (" Mail.ACME.test. ", "mail.acme.test"),
        ("relayhost", "relayhost"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("[IPv6:2001:DB8:0::1]", "[IPv6:2001:db8::1]"),
        ("[ipv6:2001:db8::1]", "[IPv6:2001:db8::1]"),
    ],
)
def test_a_host_name_or_an_address_in_brackets_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert clean_greeting(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("192.0.2.1", "2001:db8::1", "[2001:db8::1]", "[IPv6:192.0.2.1]", "[]", "[a.b]"),
        *("a b.test", "a..b", "-a.test", "a_b.test", "x" * 64 + ".test", "a." * 130 + "test"),
        *("mail.acme.test\r\nMAIL FROM:<x>", "<script>", "10.1.2", "☃" * 70, "[192.0.2.999]"),
    ],
)
def test_anything_else_is_refused_beside_the_field(
    page: MailerPage, relay: Relay, stored: Stored, typed: str
) -> None:
    with pytest.raises(GreetingRefused):
        clean_greeting(typed)
    answer = page.save(**smtp(relay, ehlo_name=typed))
    assert answer.status == 422
    assert answer.errors("ehlo_name")
    assert answer.fields["host"] == "localhost"
    assert stored.row is None


def test_relays_are_greeted_with_the_typed_name(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.check(**smtp(relay, ehlo_name="Mail.Acme.test"))
    page.save(**smtp(relay, ehlo_name="[192.0.2.7]"))
    page.send_test(as_is=True)
    greeted = [command for command in relay.commands if command.startswith("EHLO")]
    assert set(greeted) == {"EHLO mail.acme.test", "EHLO [192.0.2.7]"}
    assert page.open().fields["ehlo_name"] == "[192.0.2.7]"
    assert stored.events[-1].changes["ehlo_name"] == {"old": None, "new": "[192.0.2.7]"}
    page.save(ehlo_name="")
    assert stored.only.ehlo_name is None


@pytest.mark.parametrize("provider", ["smtp", "microsoft365", "ses"])
def test_every_provider_with_a_relay_has_the_field(page: MailerPage, provider: str) -> None:
    assert page.open(provider).fields["ehlo_name"] == ""


@pytest.mark.parametrize(
    ("access_host", "name"),
    [
        ("novantra", "acme.test"),
        ("novantra.", "acme.test"),
        ("LOCALHOST", "acme.test"),
        ("localhost.localdomain", "acme.test"),
        ("hr.acme.internal", "hr.acme.internal"),
    ],
)
def test_a_host_that_is_no_full_name_is_replaced_by_the_senders_domain(
    access_host: str, name: str
) -> None:
    assert ehlo_name(access_host, "novantra@acme.test") == name


def test_with_no_domain_at_all_there_is_still_a_name() -> None:
    assert ehlo_name("novantra", "") == "novantra"
    assert ehlo_name(None, "") == "localhost"
