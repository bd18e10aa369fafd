"""Mistakes that show in the shape of an answer are named; what is merely unusual is saved."""

from __future__ import annotations

import pytest

from app.mail.tls import TlsMode
from app.mailer.active import relay_settings
from app.mailer.providers import PROVIDERS, Settings
from app.mailer.providers.hosts import HostRefused, clean_host
from app.mailer.providers.ses.regions import REGIONS
from app.mailer.settings import tls_mode
from tests.mailer.conftest import Stored
from tests.mailer.pages import CHECKED, MailerPage
from tests.mailer.test_bad_input import GOOD


@pytest.mark.parametrize(
    ("provider", "changes", "field", "words"),
    [
        ("ses", {"password": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, "password", "IAM secret"),
        ("ses", {"username": "ASIAIOSFODNN7EXAMPLE"}, "username", "temporary key"),
        ("ses", {"username": "novantra@acme.test"}, "username", "AKIA"),
        ("ses", {"username": "inp-abc123"}, "username", "Mail Manager"),
        ("ses", {"host": "x1.abc.mail-manager-smtp.amazonaws.com"}, "host", "Mail Manager"),
        ("smtp", {"host": "x1.abc.mail-manager-smtp.amazonaws.com"}, "host", "Mail Manager"),
        ("ses", {"region": "ap-southeast-3"}, "region", "Jakarta"),
        ("ses", {"region": "me-south-1"}, "region", "Another region"),
        ("smtp", {"host": "smtp.sendgrid.net", "username": "acme"}, "username", "apikey"),
        ("smtp", {"host": "smtp.resend.com", "username": "acme"}, "username", "resend"),
        ("smtp", {"host": "smtp.office365.com", "port": "465"}, "port", "587"),
        ("smtp", {"host": "smtp.postmarkapp.com", "port": "465"}, "port", "2525"),
        ("microsoft365", {"port": "465"}, "port", "587"),
        ("microsoft365", {"username": "DOMAIN\\novantra"}, "username", ""),
        ("smtp", {"password": "typed-secret\n"}, "password", "line break"),
        ("smtp", {"password": " typed-secret"}, "password", "blank"),
        ("smtp", {"host": "smtps://relay.acme.test:465/"}, "host", "only relay.acme.test"),
        ("smtp", {"host": "relay.acme.test:2525"}, "host", "put 2525 into the port field"),
    ],
)
def test_a_mistake_of_shape_is_named_beside_its_field(
    page: MailerPage,
    stored: Stored,
    provider: str,
    changes: dict[str, str],
    field: str,
    words: str,
) -> None:
    answer = page.save(provider=provider, **GOOD[provider] | changes)
    assert answer.status == 422
    assert words in " ".join(answer.errors(field))
    assert stored.row is None


@pytest.mark.parametrize(
    ("provider", "changes", "words"),
    [
        ("ses", {"username": "AKIASHORT"}, "begin with AKIA"),
        ("ses", {"port": "26"}, "SES listens on"),
        ("ses", {"host": "email-smtp-fips.us-east-1.amazonaws.com"}, "This host is in us-east-1"),
        ("smtp", {"secure": None}, "readable by anybody on the way"),
        ("smtp", {"secure": None, "port": "465"}, "TLS from the start on port 465"),
        ("smtp", {"port": "25"}, "often blocked"),
        ("smtp", {"ignore_tls_errors": CHECKED}, "Certificates are not checked"),
        ("smtp", {"host": "smtp.office365.com"}, "choose Microsoft 365"),
        ("smtp", {"host": "email-smtp.eu-west-1.amazonaws.com"}, "choose Amazon SES"),
        ("smtp", {"username": ""}, "A password without a user name"),
        ("smtp", {"password": ""}, "A user name without a password"),
        ("microsoft365", {"host": "smtp.hve.mx.microsoft"}, "inside your own tenant"),
    ],
)
def test_what_is_unusual_is_saved_and_commented(
    page: MailerPage, provider: str, changes: dict[str, str | None], words: str
) -> None:
    assert page.save(provider=provider, **GOOD[provider] | changes).status == 303
    assert words in page.open().words


def test_twenty_regions_are_offered_and_each_names_its_host() -> None:
    assert len(REGIONS) == 20
    for region in REGIONS:
        found = PROVIDERS["ses"].host(Settings("ses", region=region))
        assert found == f"email-smtp.{region}.amazonaws.com"


@pytest.mark.parametrize(
    ("provider", "port", "secure", "mode"),
    [
        ("smtp", 465, True, TlsMode.IMPLICIT),
        ("smtp", 2465, True, TlsMode.IMPLICIT),
        ("smtp", 587, True, TlsMode.STARTTLS),
        ("smtp", 25, True, TlsMode.STARTTLS),
        ("smtp", 2525, True, TlsMode.STARTTLS),
        ("smtp", 465, False, TlsMode.NONE),
        ("smtp", 587, False, TlsMode.NONE),
        ("microsoft365", 587, True, TlsMode.STARTTLS),
        ("ses", 2465, True, TlsMode.IMPLICIT),
        ("ses", 2587, True, TlsMode.STARTTLS),
    ],
)
def test_port_and_secure_decide_the_tls_mode(
    provider: str, port: int, secure: bool, mode: TlsMode
) -> None:
    settings = Settings(provider, host="relay.acme.test", port=port, secure=secure)
    relay = relay_settings(settings, None, None)
    assert relay is not None
    assert relay.tls is tls_mode(port, secure) is mode


def test_the_log_is_no_relay_to_protect_the_way_to() -> None:
    assert relay_settings(Settings("console", secure=True), None, None) is None


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("relay.acme.test", "relay.acme.test"),
        (" Relay.Acme.Test. ", "relay.acme.test"),
        ("mail_relay", "mail_relay"),
        ("10.20.0.25", "10.20.0.25"),
        ("[::1]", "::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_has_one_form(typed: str, clean: str) -> None:
    assert clean_host(typed) == clean


@pytest.mark.parametrize(
    "typed", ["", "fe80::1", "::", "255.255.255.255", "a.1", "a\\b", "ex ample"]
)
def test_what_is_no_host_is_refused_in_words(typed: str) -> None:
    with pytest.raises(HostRefused) as refused:
        clean_host(typed)
    assert str(refused.value).endswith(".")
