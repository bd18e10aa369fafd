"""The fields of a configuration are listed once, and whatever shows or stores them follows."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest
from flask import Flask

from app.mailer.configuration import settings_of
from app.mailer.destination import Destination
from app.mailer.forms import FORMS
from app.mailer.forms.filling import data_of
from app.mailer.models import MailerConfiguration
from app.mailer.providers import PROVIDERS
from app.mailer.settings import FIELDS, LABELS, Settings
from app.sealing import TOKEN_FIELDS

WHOLE = Settings(
    provider="smtp",
    sender_address="novantra@acme.test",
    sender_name="Acme HR",
    host="relay.acme.test",
    port=2525,
    secure=False,
    encryption="starttls",
    username="novantra",
    login_method="app",
    cloud="commercial",
    tenant_id="acme.test",
    client_id="11111111-2222-3333-4444-555555555555",
    client_credential="secret",
    client_secret_ends="2027-03-01",
    ignore_tls_errors=True,
    trust="system_and_own",
    ca_certificates="one",
    certificate_pin="two",
    client_certificate="three",
    connection_timeout=33,
    region="eu-west-1",
    ehlo_name="hr.acme.test",
)


def test_a_row_holds_every_field_and_gives_it_back() -> None:
    assert settings_of(MailerConfiguration(**asdict(WHOLE))) == WHOLE


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_form_calls_its_fields_as_every_other_page_does(app: Flask, provider: str) -> None:
    with app.test_request_context():
        form = FORMS[provider](formdata=None)
        shown = {name: form[name].label.text for name in FIELDS if name in form}
    assert shown == {name: LABELS[name] for name in shown}
    assert "sender_address" in shown


def test_a_form_that_is_filled_from_settings_says_the_same_again(app: Flask) -> None:
    left_out = dict.fromkeys(("region", *TOKEN_FIELDS, "client_secret_ends"))
    left_out |= {"login_method": "password"}
    with app.test_request_context():
        form = FORMS["smtp"](formdata=None, data=data_of(WHOLE, 7))
        answered = form.answers()
        assert form.expected_version == 7
    assert asdict(answered) == asdict(WHOLE) | left_out


@pytest.mark.parametrize("part", [part.name for part in fields(Destination)])
def test_a_destination_is_another_one_when_any_of_its_fields_is(part: str) -> None:
    changed = {
        "provider": "ses",
        "host": "relay.evil.test",
        "port": 25,
        "secure": True,
        "encryption": "implicit",
        "ignore_tls_errors": False,
        "username": "somebody-else",
        "region": "eu-west-2",
        "login_method": "person",
        "cloud": "china",
        "tenant_id": "evil.test",
        "client_id": "other",
        "client_credential": "certificate",
        "trust": "own",
        "ca_certificates": "evil",
        "certificate_pin": "evil",
        "client_certificate": "evil",
    }
    other = Settings(**asdict(WHOLE) | {part: changed[part]})
    assert Destination.of(WHOLE) != Destination.of(other)
    assert len(Destination.of(WHOLE).differences(Destination.of(other))) == 1


def test_a_destination_of_a_password_knows_nothing_of_tokens() -> None:
    """Or passwords that were stored before there were any could not be used any more."""
    one, two = (
        Settings("microsoft365", username="novantra@acme.test", cloud=cloud, tenant_id=tenant)
        for cloud, tenant in ((None, None), ("commercial", "acme.test"))
    )
    assert Destination.of(one) == Destination.of(two)


def test_nothing_and_an_empty_text_are_the_same_destination() -> None:
    one, two = (Settings("smtp", host="relay.acme.test", username=name) for name in (None, ""))
    assert Destination.of(one) == Destination.of(two)
