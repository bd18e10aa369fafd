"""The steps that the mailer page shows: what to type, where, and what to press."""

from __future__ import annotations

import pytest

from app.mail.failures import Disposition, FailureCode, FailureContext, disposition_of, explain
from app.mailer import advice

CONTEXT = FailureContext(
    provider="smtp",
    host="relay.acme.test",
    port=587,
    username="novantra",
    sender="hr@acme.test",
    tls="starttls",
)


def test_a_refused_password_is_mended_in_two_steps_that_name_user_and_host() -> None:
    told = advice.for_pause(explain(FailureCode.AUTH_BAD_CREDENTIALS, CONTEXT), CONTEXT)
    first, second = told.steps
    assert first == "Type the current password of <b>novantra</b> on <b>relay.acme.test</b> below."
    assert "<b>Check connection</b>" in second
    assert "resumes by itself" in second
    assert told.reason == "so that the account is not locked"
    assert "try novantra@acme.test." in told.more[0]


def test_what_a_provider_is_known_to_want_comes_before_what_holds_in_general() -> None:
    context = FailureContext(provider="ses", region="eu-west-1", username="AKIA", host="x.test")
    explanation = explain(FailureCode.AUTH_BAD_CREDENTIALS, context)
    told = advice.for_pause(explanation, context)
    assert explanation.fix[0] == told.steps[0].striptags()
    assert told.cause


def test_without_a_field_to_change_the_queue_is_resumed_by_hand() -> None:
    told = advice.for_pause(explain(FailureCode.CERT_EXPIRED, CONTEXT), CONTEXT)
    assert "<b>Resume sending</b>" in told.steps[-1]


@pytest.mark.parametrize("code", list(FailureCode))
def test_every_failure_has_steps_and_none_is_told_twice(code: FailureCode) -> None:
    explanation = explain(code, CONTEXT)
    pausing = disposition_of(code) is Disposition.PAUSE
    told = (advice.for_pause if pausing else advice.for_retries)(explanation, CONTEXT)
    assert told.steps
    assert not set(told.steps) & set(told.more)
    assert "kept and tried again" not in told.cause


def test_names_are_escaped_before_they_stand_out() -> None:
    context = FailureContext(host="<i>.test", username="a&b")
    shown = advice.in_bold("The login as a&b on <i>.test", context)
    assert shown == "The login as <b>a&amp;b</b> on <b>&lt;i&gt;.test</b>"


def test_a_name_within_another_word_stays_as_it_is() -> None:
    context = FailureContext(username="mail", host="mail.acme.test")
    shown = advice.in_bold("The mailbox mail on mail.acme.test refuses mail.", context)
    assert shown == "The mailbox <b>mail</b> on <b>mail.acme.test</b> refuses <b>mail</b>."
