"""Logging in where a relay offers what it cannot do, or only what few programs speak."""

from __future__ import annotations

import base64

import pytest

from app.mail.check import check_connection
from app.mail.failures import Disposition, FailureCode, FailureContext, disposition_of, explain
from app.mail.phases import Phase
from app.mail.replies import MalformedReply, Reply, enhanced_code
from app.mail.smtp.auth import cram_md5, says_nothing_of_the_password
from app.mail.smtp.transport import SmtpTransport
from app.mail.transport import TransportError
from tests.mail.relays import ENVELOPE, MESSAGE, settings_for
from tests.smtpd import Relay

PASSWORD = "Kanari-47 secret"

NOT_ABOUT_THE_PASSWORD = [
    "502 5.5.1 Command not implemented",
    "502 unimplemented (#5.5.1)",
    "504 5.5.4 Unrecognized authentication type",
    "504 5.7.4 Unrecognized authentication type",
    "501 5.5.2 Cannot decode AUTH parameter",
    "501 Syntax error in parameters or arguments",
    "500 Command unrecognized",
    "553 5.3.0 go away, no such thing here",
]
ABOUT_THE_PASSWORD = [
    "535 5.7.8 Authentication credentials invalid",
    "535 nothing to say",
    "535 5.5.4 mechanism not supported",
    "534 5.7.9 Application-specific password required",
    "501 Authentication failed",
    "504 5.7.8 no",
    "502 invalid username or password",
    "500 too many bad logins, account locked",
    "553 Authentication failed",
    "553 5.3.0 wrong password",
    "550 5.7.1 not permitted",
    "530 5.7.0 Must issue STARTTLS",
    "454 4.7.0 Temporary authentication failure",
    "421 4.7.0 try later",
]


def reply_of(line: str) -> Reply:
    code, _, text = line.partition(" ")
    return Reply(int(code), enhanced_code((text,)), (text,))


def send(relay: Relay, password: str = PASSWORD) -> None:
    transport = SmtpTransport(settings_for(relay, "novantra", password))
    try:
        transport.send(ENVELOPE, MESSAGE)
    finally:
        transport.close()


def verbs(relay: Relay) -> list[str]:
    return [" ".join(line.split()[:2]) for line in relay.commands if line.startswith("AUTH")]


@pytest.mark.parametrize("line", NOT_ABOUT_THE_PASSWORD)
def test_a_code_that_says_nothing_about_the_password_is_followed_by_login_once(line: str) -> None:
    assert says_nothing_of_the_password(reply_of(line))
    with Relay(
        tls="starttls",
        users={"novantra": PASSWORD},
        mechanisms=("LOGIN", "PLAIN"),
        replies={"AUTH": [line, None]},
    ) as relay:
        send(relay)
        assert verbs(relay) == ["AUTH PLAIN", "AUTH LOGIN"]
        assert [tried[0] for tried in relay.auth_attempts] == ["LOGIN"]
        assert len(relay.envelopes) == 1
        assert relay.connections == 1


@pytest.mark.parametrize("line", ABOUT_THE_PASSWORD)
def test_any_other_refusal_stays_one_attempt(line: str) -> None:
    assert not says_nothing_of_the_password(reply_of(line))
    with (
        Relay(
            tls="starttls", users={"novantra": PASSWORD}, replies={"AUTH": [line, None]}
        ) as relay,
        pytest.raises(TransportError) as caught,
    ):
        send(relay)
    assert caught.value.phase is Phase.AUTH
    assert len(verbs(relay)) == 1


def test_a_wrong_password_after_a_refused_mechanism_is_one_guess_and_no_more() -> None:
    with (
        Relay(
            tls="starttls",
            users={"novantra": PASSWORD},
            mechanisms=("PLAIN", "LOGIN", "CRAM-MD5"),
            replies={"AUTH": ["504 5.7.4 Unrecognized authentication type", None]},
        ) as relay,
        pytest.raises(TransportError) as caught,
    ):
        send(relay, "wrong")
    assert caught.value.code is FailureCode.AUTH_BAD_CREDENTIALS
    assert len(relay.auth_attempts) == 1


def test_two_refused_mechanisms_are_enough_and_mean_that_there_is_no_login() -> None:
    with (
        Relay(
            tls="starttls",
            users={"novantra": PASSWORD},
            mechanisms=("PLAIN", "LOGIN", "CRAM-MD5"),
            replies={"AUTH": "504 5.7.4 Unrecognized authentication type"},
        ) as relay,
        pytest.raises(TransportError) as caught,
    ):
        send(relay)
    assert caught.value.code is FailureCode.AUTH_NOT_OFFERED
    assert disposition_of(caught.value.code) is Disposition.PAUSE
    assert verbs(relay) == ["AUTH PLAIN", "AUTH LOGIN"]


def test_a_relay_that_hangs_up_on_the_second_has_refused_with_the_first() -> None:
    with (
        Relay(
            tls="starttls",
            users={"novantra": PASSWORD},
            replies={"AUTH": ["502 5.5.1 not implemented", "421 4.7.0 bye"]},
        ) as relay,
        pytest.raises(TransportError) as caught,
    ):
        send(relay)
    assert caught.value.phase is Phase.AUTH
    assert len(verbs(relay)) == 2


def test_cram_md5_is_spoken_where_nothing_else_is_offered() -> None:
    with Relay(tls="starttls", users={"novantra": PASSWORD}, mechanisms=("CRAM-MD5",)) as relay:
        send(relay)
        report = check_connection(
            settings_for(relay, "novantra", PASSWORD),
            mail_from=ENVELOPE.mail_from,
            rcpt_to=ENVELOPE.rcpt_to,
        )
        assert report.ok
        told = {step.name: step.facts for step in report.steps}["auth"]
        assert told["mechanism"] == "CRAM-MD5"
        assert PASSWORD not in report.transcript
        assert relay.auth_attempts[0][2] not in report.transcript
        assert relay.envelopes[0].username == "novantra"
        with pytest.raises(TransportError) as caught:
            send(relay, "wrong")
        assert caught.value.code is FailureCode.AUTH_BAD_CREDENTIALS


def test_the_answer_to_a_challenge_is_the_one_of_the_rfc() -> None:
    challenge = base64.b64encode(b"<1896.697170952@postoffice.reston.mci.net>").decode()
    answer = base64.b64decode(cram_md5("tim", "tanstaaftanstaaf", challenge)).decode()
    assert answer == "tim b913a602c7eda7a495b4e6e7334d3890"


@pytest.mark.parametrize("challenge", ["", "not base64!", "====", "A" * 5000, "\x00", "é"])
def test_a_challenge_that_is_none_is_refused(challenge: str) -> None:
    with pytest.raises(MalformedReply):
        cram_md5("tim", "tanstaaftanstaaf", challenge)


def test_a_malformed_challenge_ends_the_login_without_a_guess() -> None:
    with (
        Relay(
            tls="starttls",
            users={"novantra": PASSWORD},
            mechanisms=("CRAM-MD5",),
            replies={"AUTH": "334 that is no challenge"},
        ) as relay,
        pytest.raises(TransportError) as caught,
    ):
        send(relay)
    assert caught.value.code is FailureCode.PROTOCOL_ERROR
    assert relay.auth_attempts == []


@pytest.mark.parametrize(
    ("mechanisms", "named", "words"),
    [
        (("NTLM",), "NTLM", "Basic authentication"),
        (("GSSAPI", "NTLM"), "GSSAPI and NTLM", "Basic authentication"),
        (("XOAUTH2",), "XOAUTH2", "by token"),
        (("OAUTHBEARER", "XOAUTH2"), "OAUTHBEARER and XOAUTH2", "by token"),
        (("SCRAM-SHA-256",), "SCRAM-SHA-256", "offer PLAIN or LOGIN"),
        (("EXTERNAL",), "EXTERNAL", "client certificate"),
    ],
)
def test_other_kinds_of_login_are_named_each_with_its_cure(
    mechanisms: tuple[str, ...], named: str, words: str
) -> None:
    with Relay(tls="starttls", users={"novantra": PASSWORD}, mechanisms=mechanisms) as relay:
        report = check_connection(
            settings_for(relay, "novantra", PASSWORD),
            mail_from=ENVELOPE.mail_from,
            rcpt_to=ENVELOPE.rcpt_to,
        )
        assert verbs(relay) == []
    failed = report.failure
    assert failed is not None
    assert failed.code is FailureCode.AUTH_NOT_OFFERED
    told = explain(
        failed.code, FailureContext(host="relay.example", tls="starttls", logins=failed.offered)
    )
    assert named in told.cause
    assert words in told.fix[0]
    assert "587" not in " ".join(told.fix), "TLS is on already"


def test_a_made_up_mechanism_is_not_repeated() -> None:
    evil = ("X-<SCRIPT>", "YOUR-PASSWORD-IS")
    with (
        Relay(tls="starttls", users={"novantra": PASSWORD}, mechanisms=evil) as relay,
        pytest.raises(TransportError) as caught,
    ):
        send(relay)
    assert caught.value.failure.offered is None
    told = explain(caught.value.code, FailureContext(logins=caught.value.failure.offered))
    assert "only kinds that we do not speak" in told.cause


def test_no_login_at_all_is_called_so() -> None:
    with Relay(tls="starttls") as relay, pytest.raises(TransportError) as caught:
        send(relay)
    assert caught.value.failure.offered == ()
    told = explain(caught.value.code, FailureContext(logins=caught.value.failure.offered))
    assert "offers no login at all" in told.cause


def test_what_is_offered_may_not_be_known() -> None:
    told = " ".join(explain(FailureCode.AUTH_NOT_OFFERED).fix)
    assert "NTLM and GSSAPI" in told
    assert "XOAUTH2 and OAUTHBEARER" in told
