"""Every failure is explained: what it means, what to do, what becomes of the message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app.mailer.providers  # noqa: F401  they bring advice of their own
from app.mail.failures import (
    Consequence,
    Disposition,
    FailureCode,
    FailureContext,
    StepName,
    disposition_of,
    explain,
)
from app.mail.failures.advice import BY_PROVIDER
from app.mail.failures.handbook import page
from app.mail.failures.providers import Family, family_of

RETRIED = """dns_temporary connect_refused connect_timeout network_unreachable connection_dropped
protocol_error tls_failed auth_temporary recipient_temporary rate_limited quota_exceeded
server_storage server_busy"""
REJECTED = """recipient_rejected address_invalid message_too_large content_rejected
rejected_other"""

FORM_FIELDS = {
    "host",
    "port",
    "secure",
    "username",
    "password",
    "sender_address",
    "region",
    "ignore_tls_errors",
    "connection_timeout",
    "encryption",
    "ehlo_name",
    "ca_certificates",
    "certificate_pin",
    "client_certificate",
}

CONTEXT = FailureContext(
    host="relay.example",
    port=587,
    region="eu-west-1",
    username="ann@example.com",
    sender="news@example.com",
    recipient_domain="example.org",
    ehlo_name="app.example.com",
)


def test_there_are_forty_six_codes_and_each_has_its_disposition() -> None:
    assert len(FailureCode) == 46
    for code in FailureCode:
        expected = Disposition.PAUSE
        if code in RETRIED.split():
            expected = Disposition.RETRY
        if code in REJECTED.split():
            expected = Disposition.REJECT
        assert disposition_of(code) is expected
        assert explain(code).disposition is expected


@pytest.mark.parametrize("provider", [None, "smtp", *Family])
@pytest.mark.parametrize("context", [FailureContext(), CONTEXT], ids=["nothing known", "all known"])
def test_every_explanation_is_whole_sentences(
    provider: str | None, context: FailureContext
) -> None:
    context = FailureContext(**{**vars(context), "provider": provider})
    for code in FailureCode:
        told = explain(code, context)
        assert told.title
        assert not told.title.endswith(".")
        assert told.fix
        assert told.field is None or told.field in FORM_FIELDS
        for text in (told.text, *told.fix):
            assert text.endswith((".", "?", ")")), text
            assert "{" not in text
            assert "}" not in text
            for sentence in re.split(r"(?<=[.?!]) ", text):
                assert re.match(r"[A-Z0-9“]|ann@|news@|relay\.", sentence), sentence


def test_host_port_user_and_region_are_filled_in() -> None:
    refused = explain(FailureCode.CONNECT_REFUSED, CONTEXT)
    assert "relay.example on port 587" in refused.cause
    wrong = explain(FailureCode.AUTH_BAD_CREDENTIALS, CONTEXT)
    assert "ann@example.com" in wrong.cause
    region = FailureContext(provider="ses", region="eu-west-1")
    assert "eu-west-1" in explain(FailureCode.AUTH_BAD_CREDENTIALS, region).cause
    greeting = explain(FailureCode.EHLO_REJECTED, CONTEXT)
    assert "app.example.com" in greeting.cause


def test_microsoft_365_gets_the_command_that_helps_and_the_date() -> None:
    told = explain(
        FailureCode.AUTH_BASIC_DISABLED,
        FailureContext(provider="microsoft365", username="ann@example.com"),
    )
    steps = " ".join(told.fix)
    assert "Set-CASMailbox -Identity ann@example.com" in steps
    assert "December 2026" in told.cause


def test_the_relays_name_tells_the_provider_where_the_setting_does_not() -> None:
    context = FailureContext(provider="smtp", host="smtp.sendgrid.net")
    assert "apikey" in " ".join(explain(FailureCode.AUTH_BAD_CREDENTIALS, context).fix)


def test_braces_and_line_ends_in_a_value_stay_harmless() -> None:
    odd = FailureContext(host="{user}\r\nX: 1", username="{0.__class__}")
    told = explain(FailureCode.AUTH_BAD_CREDENTIALS, odd)
    assert "\n" not in told.cause
    assert "{0.__class__}" in told.cause


def test_advice_is_only_given_for_codes_and_fields_that_exist() -> None:
    for advice_by_code in BY_PROVIDER.values():
        for advice in advice_by_code.values():
            assert advice.field is None or advice.field in FORM_FIELDS
            assert advice.cause or advice.fix


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("microsoft365", Family.MICROSOFT365),
        ("Microsoft 365 (token endpoint)", Family.MICROSOFT365),
        ("smtp.office365.com", Family.MICROSOFT365),
        ("Exchange on-prem", Family.EXCHANGE),
        ("ses", Family.SES),
        ("AWS SES", Family.SES),
        ("email-smtp.eu-west-1.amazonaws.com", Family.SES),
        ("Google (Gmail / Workspace relay)", Family.GOOGLE),
        ("smtp.gmail.com", Family.GOOGLE),
        ("mail.acme.com", None),
        ("smtp.home.com", None),
        ("relay.some.com", None),
        ("awsome.example", None),
        ("gmail.com.example.net", None),
        ("notgmail.com", None),
        ("brevo.example.com", None),
        ("outlook.acme.internal", None),
        ("resend-office365.com", None),
        ("ec2-192-0-2-9.compute-1.amazonaws.com", None),
        ("email-smtp.eu-west-1.amazonaws.com.evil.example", None),
        ("vpce-1.email-smtp.eu-west-1.vpce.amazonaws.com", Family.SES),
        ("smtp.mail.me.com", Family.ICLOUD),
        ("smtp.mail.yahoo.com", Family.YAHOO),
        ("smtp.mail.yahoo.co.jp", Family.YAHOO),
        ("smtppro.zoho.eu", Family.ZOHO),
        ("smtp.zoho.com.au", Family.ZOHO),
        ("smtp.yandex.ru", Family.YANDEX),
        ("SMTP.Gmail.com.", Family.GOOGLE),
        ("smtp-relay.brevo.com", Family.BREVO),
        ("acme-com.mail.protection.outlook.com", Family.MICROSOFT365),
        ("smtp.hve.mx.microsoft", Family.MICROSOFT365),
        ("Networkspace", None),
        ("processes.example", None),
        ("smtp", None),
        ("console", None),
        ("", None),
        (None, None),
    ],
)
def test_a_provider_is_recognised_however_it_is_written(
    name: str | None, family: Family | None
) -> None:
    assert family_of(name) is family


def test_the_page_about_failures_is_current() -> None:
    written = Path(__file__).parents[3] / "docs" / "failures.md"
    assert written.read_text(encoding="utf-8") == page()


def test_words_follow_how_far_the_conversation_got() -> None:
    known = FailureContext(host="relay.example", port=587, timeout=3.0, provider="microsoft365")
    far = explain(
        FailureCode.CONNECT_TIMEOUT, FailureContext(**{**vars(known), "phase": "connect"})
    )
    assert "firewall" in far.cause
    silent = explain(
        FailureCode.CONNECT_TIMEOUT, FailureContext(**{**vars(known), "phase": "greeting"})
    )
    assert "firewall" not in " ".join((silent.text, *silent.fix))
    assert "accepted the connection" in silent.cause
    assert "within 3 seconds" in silent.cause
    assert silent.fix[0].startswith("Raise the connection timeout")
    assert silent.field == "connection_timeout"
    tls = explain(FailureCode.CONNECT_TIMEOUT, FailureContext(**{**vars(known), "phase": "tls"}))
    assert "does not begin TLS" in tls.title
    assert "firewall" not in " ".join((tls.text, *tls.fix))
    dropped = explain(FailureCode.CONNECTION_DROPPED, FailureContext(phase="greeting"))
    assert "middle of the conversation" not in dropped.cause


def test_no_advice_promises_that_a_test_mail_ends_a_pause() -> None:
    for code in FailureCode:
        for provider in (None, *Family):
            told = explain(code, FailureContext(provider=provider))
            if told.disposition is not Disposition.PAUSE:
                continue
            assert "by itself" not in " ".join((told.text, *told.fix))


@pytest.mark.parametrize("provider", [None, *Family])
def test_what_becomes_of_mail_is_a_part_of_its_own_and_never_in_the_cause(
    provider: str | None,
) -> None:
    for code in FailureCode:
        told = explain(code, FailureContext(provider=provider))
        assert not [consequence for consequence in Consequence if consequence in told.cause], code
        if told.consequence is not None:
            assert told.text == f"{told.cause} {told.consequence}"
            assert told.text_without(told.consequence) == told.cause
            only_this = told.consequence is Consequence.ONLY_THIS_MESSAGE
            assert only_this == (told.disposition is Disposition.REJECT)


def test_a_step_that_has_a_name_is_told_otherwise_and_the_rest_stays() -> None:
    general = explain(FailureCode.AUTH_BAD_CREDENTIALS)
    assert not general.particular
    first, _, last = general.fix
    named = general.with_step(StepName.USER_NAME, "Try ann@example.com.")
    assert named.fix == (first, "Try ann@example.com.", last)
    of_a_provider = explain(FailureCode.AUTH_BAD_CREDENTIALS, FailureContext(provider="zoho"))
    assert of_a_provider.particular
    assert of_a_provider.steps[-3:] == general.steps


def test_an_address_that_no_relay_has_is_explained_as_that() -> None:
    context = FailureContext(host="meta.example", refused_target=True, phase="connect")
    told = explain(FailureCode.NETWORK_UNREACHABLE, context)
    assert told.title == "No mail relay has this address"
    assert told.cause.startswith("meta.example leads to an address that is link-local")
    assert told.field == "host"
    assert told.consequence is None
