"""Texts that people pasted somewhere get the code, and the disposition, that help them."""

from __future__ import annotations

import pytest

from app.mail.diagnosis import diagnose_reply, diagnose_text, provider_named_in
from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mail.phases import Phase
from app.mail.replies import Reply, enhanced_code
from tests.mail.refusals import COLLECTED, POSTED, Refusal


@pytest.mark.parametrize("refusal", POSTED, ids=lambda r: r.id)
def test_a_posted_text_gets_its_code_and_disposition(refusal: Refusal) -> None:
    code = diagnose_text(refusal.text, refusal.phase, refusal.provider)
    assert code in refusal.accepted
    assert disposition_of(code) is refusal.disposition


@pytest.mark.parametrize("refusal", POSTED, ids=lambda r: r.id)
def test_a_posted_text_is_understood_without_phase_and_provider(refusal: Refusal) -> None:
    code = diagnose_text(refusal.text)
    assert code in refusal.accepted
    assert disposition_of(code) is refusal.disposition


@pytest.mark.parametrize("refusal", COLLECTED, ids=lambda r: r.id)
def test_a_collected_text_gets_its_code_and_disposition(refusal: Refusal) -> None:
    code = diagnose_text(refusal.text, refusal.phase, refusal.provider)
    assert code in refusal.accepted
    assert disposition_of(code) is refusal.disposition


def test_nearly_every_collected_text_is_understood_with_nothing_but_its_words() -> None:
    right = sum(diagnose_text(r.text) in r.accepted for r in COLLECTED)
    assert right >= 0.97 * len(COLLECTED)


def test_every_code_is_reached_by_some_text() -> None:
    reached = {diagnose_text(r.text, r.phase, r.provider) for r in (*POSTED, *COLLECTED)}
    assert reached == set(FailureCode)


@pytest.mark.parametrize(
    "wrapped",
    [
        "Error: Invalid login: 535-5.7.8 Username and Password not accepted. Learn more at\n"
        "535 5.7.8  https://support.google.com/mail/?p=BadCredentials x - gsmtp",
        "(535, b'5.7.8 Username and Password not accepted. Learn more at\\n5.7.8  https://x')",
        'Expected response code "235" but got code "535", with message "535 5.7.8 Error: '
        'authentication failed".',
        "MailKit.Security.AuthenticationException: 535: 5.7.8 Authentication failed",
        "{ code: 'EAUTH', response: '535 5.7.8 bad credentials', responseCode: 535 }",
        "host smtp.example.com[192.0.2.1] said: 535 5.7.8 Authentication failed "
        "(in reply to AUTH PLAIN command)",
    ],
)
def test_a_reply_is_found_inside_what_a_library_made_of_it(wrapped: str) -> None:
    assert diagnose_text(wrapped) is FailureCode.AUTH_BAD_CREDENTIALS


def test_numbers_of_lines_and_ports_are_not_taken_for_replies() -> None:
    text = 'File "/usr/lib/mail.py", line 535, in send: Connection refused'
    assert diagnose_text(text) is FailureCode.CONNECT_REFUSED


def test_a_mailbox_name_cannot_steer_the_diagnosis() -> None:
    text = "550 5.1.1 <spam-virus-quota-exceeded@relay-denied.example>: User unknown"
    assert diagnose_text(text) is FailureCode.RECIPIENT_REJECTED


@pytest.mark.parametrize(
    "text",
    [
        "550 5.2.1 This mailbox was disabled by the user",
        "550 5.2.1 The recipient has been disabled, contact support",
        "554 5.7.1 Mailbox is suspended. Contact our support",
        "550 5.2.1 account disabled",
        "550 5.1.1 This account has been disabled or discontinued",
        "554 delivery error: This user's account is disabled",
    ],
)
@pytest.mark.parametrize("phase", [Phase.RCPT_TO, Phase.DATA])
def test_somebody_elses_blocked_mailbox_never_holds_all_mail(text: str, phase: Phase) -> None:
    assert disposition_of(diagnose_text(text, phase)) is not Disposition.PAUSE


def _reply(code: int, *lines: str) -> Reply:
    return Reply(code, enhanced_code(lines), lines)


def test_a_reply_of_several_lines_is_read_as_one() -> None:
    reply = _reply(
        421,
        "4.7.0 This message does not pass authentication checks (SPF and DKIM both do",
        "4.7.0 not pass). To best protect our users the message has been blocked.",
    )
    assert diagnose_reply(Phase.DATA, reply) is FailureCode.SENDER_UNAUTHENTICATED


def test_the_same_words_mean_the_sender_before_any_recipient_was_named() -> None:
    reply = _reply(550, "Requested action not taken: mailbox unavailable")
    assert diagnose_reply(Phase.MAIL_FROM, reply) is FailureCode.SENDER_REJECTED
    assert diagnose_reply(Phase.RCPT_TO, reply) is FailureCode.RECIPIENT_REJECTED


def test_an_unknown_command_means_what_was_asked_for_is_missing() -> None:
    reply = _reply(502, "5.5.1 Command not implemented")
    assert diagnose_reply(Phase.TLS, reply) is FailureCode.STARTTLS_NOT_OFFERED
    assert diagnose_reply(Phase.AUTH, reply) is FailureCode.AUTH_NOT_OFFERED
    assert diagnose_reply(Phase.DATA, reply) is FailureCode.PROTOCOL_ERROR


def test_a_known_sender_tells_ses_sandbox_from_unverified_sender() -> None:
    reply = _reply(
        554,
        "Message rejected: Email address is not verified. The following identities failed the "
        "check in region EU-WEST-1: one@example.com",
    )
    ours = diagnose_reply(Phase.DATA, reply, "ses", sender="One@example.com")
    theirs = diagnose_reply(Phase.DATA, reply, "ses", sender="app@example.org")
    assert ours is FailureCode.SENDER_REJECTED
    assert theirs is FailureCode.RECIPIENT_UNVERIFIED


@pytest.mark.parametrize("provider", ["smtp", "microsoft365", "ses", "console", None])
def test_the_words_of_the_provider_setting_are_accepted(provider: str | None) -> None:
    code = diagnose_text("535 5.7.8 Authentication failed", Phase.AUTH, provider)
    assert code is FailureCode.AUTH_BAD_CREDENTIALS


def test_a_text_can_give_its_provider_away() -> None:
    text = "535 5.7.3 Authentication unsuccessful [AM0PR06CA0126.eurprd06.prod.outlook.com]"
    assert provider_named_in(text) == "microsoft365"
    assert provider_named_in("535 5.7.8 Authentication failed") is None


@pytest.mark.parametrize(
    ("phase", "line", "code"),
    [
        (
            Phase.RCPT_TO,
            "550 #5.7.1 Your access to submit messages to this mail system has been rejected.",
            FailureCode.CLIENT_BLOCKED,
        ),
        (Phase.RCPT_TO, "550 192.0.2.10 is _my_ address", FailureCode.EHLO_REJECTED),
        (Phase.MAIL_FROM, "550 192.0.2.10 is _my_ address", FailureCode.EHLO_REJECTED),
    ],
)
def test_a_refusal_of_us_is_not_taken_for_one_of_the_recipient(
    phase: Phase, line: str, code: FailureCode
) -> None:
    number, _, said = line.partition(" ")
    reply = Reply(int(number), enhanced_code((said,)), (said,))
    assert diagnose_reply(phase, reply, "smtp", sender="novantra@acme.test") is code
    assert disposition_of(code) is Disposition.PAUSE


@pytest.mark.parametrize(
    "link",
    [
        "https://postmaster.example.net/why?id=1&ip=192.0.2.9",
        "postmaster.example.net/why?id=1&ip=192.0.2.9",
        "http://postmaster.example.net/#ip=192.0.2.9&listed=spamhaus",
        "(https://postmaster.example.net/?client+host=mx&blocklist=1)",
    ],
)
def test_what_stands_in_a_links_parameters_is_no_cause(link: str) -> None:
    said = f"5.7.1 Message refused due to policy restrictions, see {link}"
    code = diagnose_reply(Phase.DATA, Reply(554, "5.7.1", (said,)), "smtp")
    assert disposition_of(code) is Disposition.REJECT


def test_a_machine_at_amazon_is_not_their_mail_service() -> None:
    text = "Client host ec2-192-0-2-9.compute-1.amazonaws.com blocked"
    assert provider_named_in(text) is None
    assert provider_named_in("email-smtp.eu-west-1.amazonaws.com said: 554") == "ses"
