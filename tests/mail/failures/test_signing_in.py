"""What a sign-in service refuses is explained by its number or word, in sentences of ours."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from app.cli.explaining import explain_text
from app.mail.diagnosis import context_of_text, diagnose_text
from app.mail.failures import (
    Disposition,
    Failure,
    FailureCode,
    FailureContext,
    disposition_of,
    explain_failure,
)
from app.mail.failures.sign_in_numbers import ENTRA
from app.mail.failures.signing_in import ENTRIES
from app.mail.oauth.refused import TokenRefused
from app.mail.phases import Phase

FIELDS = {
    *("tenant_id", "client_id", "client_secret", "client_credential", "cloud", "login_method"),
    *("service_account_key", "username"),
}
CONTEXT = FailureContext(
    provider="microsoft365",
    host="smtp.office365.com",
    port=587,
    username="ann@example.com",
    service="login.microsoftonline.com",
)


def failure(number: int) -> Failure:
    refused = TokenRefused(word="invalid_grant", number=number, status=400)
    return Failure(refused.code, Phase.TOKEN, chip=refused.chip)


@pytest.mark.parametrize("number", sorted(ENTRA))
def test_every_known_number_has_its_own_cause_and_fix(number: int) -> None:
    found = failure(number)
    told = explain_failure(found, CONTEXT)
    assert found.reply == f"AADSTS{number}"
    if disposition_of(found.code) is Disposition.RETRY:
        assert "login.microsoftonline.com" in told.text
        return
    assert told.cause != explain_failure(Failure(found.code, Phase.TOKEN), CONTEXT).cause, number
    assert told.field in FIELDS
    for text in (told.text, *told.fix):
        assert text.endswith("."), text
        assert "{" not in text
        for sentence in re.split(r"(?<=[.?!]) ", text):
            assert re.match(r"[A-Z0-9“]", sentence), sentence


def test_an_unknown_number_is_shown_and_explained_by_its_word() -> None:
    found = failure(123456)
    told = explain_failure(found, CONTEXT)
    assert (found.reply, found.code) == ("AADSTS123456", FailureCode.OAUTH_REJECTED)
    assert told.title == ENTRIES[FailureCode.OAUTH_REJECTED].title


@pytest.mark.parametrize("code", sorted(ENTRIES))
def test_what_a_code_means_at_the_sign_in_service_is_not_told_of_the_relay(
    code: FailureCode,
) -> None:
    told = explain_failure(Failure(code, Phase.TOKEN), CONTEXT)
    assert "smtp.office365.com" not in told.text
    assert "relay" not in told.title
    for text in (told.text, *told.fix):
        assert text.endswith("."), text
        assert "{" not in text


def test_every_trouble_with_the_service_has_an_entry() -> None:
    from app.mail.oauth.refused import _CODE_OF_TROUBLE, _WORDS

    codes = {*_CODE_OF_TROUBLE.values(), *_WORDS.values(), *ENTRA.values()}
    assert codes <= set(ENTRIES)


def test_google_s_words_are_google_s() -> None:
    refused = Failure(FailureCode.OAUTH_REJECTED, Phase.TOKEN, chip="invalid_grant")
    google = explain_failure(refused, FailureContext(provider="google"))
    assert "Testing" in google.cause
    assert "Testing" not in explain_failure(refused, CONTEXT).cause


def test_the_relay_s_refusal_is_not_explained_by_the_service_s_last_number() -> None:
    context = FailureContext(provider="microsoft365", chip="AADSTS7000215")
    at_relay = Failure(FailureCode.OAUTH_REJECTED, Phase.AUTH, 535, "5.7.3")
    assert "Value" not in " ".join(explain_failure(at_relay, context).fix)


def test_a_relay_that_takes_no_tokens_is_told_so() -> None:
    refused = Failure(FailureCode.AUTH_NOT_OFFERED, Phase.AUTH, offered=("LOGIN", "PLAIN"))
    told = explain_failure(refused, CONTEXT)
    assert "XOAUTH2" in told.cause
    assert "PLAIN, LOGIN and CRAM-MD5" not in told.cause


PASTED = (
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is"
    " the client secret value, not the client secret ID, for a secret added to app"
    " '5d1c0f7e-0000-4000-8000-000000000002'. Trace ID: 11111111-2222-3333-4444-555555555555"
)


def test_a_pasted_number_is_explained_as_such() -> None:
    context = context_of_text(PASTED, None, None)
    assert (context.phase, context.chip) == (Phase.TOKEN, "AADSTS7000215")
    assert diagnose_text(PASTED) is FailureCode.OAUTH_REJECTED
    said = CliRunner().invoke(explain_text, [PASTED])
    assert said.exit_code == 0
    assert "copy its Value" in said.output
    assert "5d1c0f7e" not in said.output


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"error":"invalid_grant","error_description":"Token has been expired or revoked."}',
         FailureCode.OAUTH_REJECTED),
        ("AADSTS50076: Due to a configuration change made by your administrator",
         FailureCode.AUTH_POLICY),
        ("error=invalid_client&error_codes=7000222 AADSTS7000222", FailureCode.OAUTH_REJECTED),
        ("AADSTS90033: A transient error has occurred. Please try again.",
         FailureCode.AUTH_TEMPORARY),
    ],
)  # fmt: skip
def test_refusals_from_anywhere_are_read(text: str, code: FailureCode) -> None:
    assert diagnose_text(text) is code
    assert diagnose_text(text, Phase.TOKEN) is code
