"""Logging in with a token, against a relay that knows the mechanisms."""

from __future__ import annotations

import base64
import socket
import threading
from dataclasses import replace

import pytest

from app.crypto.secret import Secret
from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.smtp.bearer import LONGEST_RESPONSE, response_for
from app.mail.smtp.session import open_session
from app.mail.smtp.transcript import Transcript
from app.mail.smtp.transport import SmtpTransport
from app.mail.smtp.wire import Deadline
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, RelaySettings, TransportError
from tests.smtpd import Relay

MAILBOX = "novantra@acme.test"
BOTH = pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])


class Tokens:
    """Hands out the given ones, one after the other, and counts."""

    ready = True
    service = "login.example.test"

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.asked, self.asked_again = 0, 0

    def current(self, patience: float) -> Secret:
        assert patience > 0
        self.asked += 1
        return Secret(self._tokens[0])

    def instead_of(self, refused: Secret, patience: float) -> Secret:
        assert refused == Secret(self._tokens[0])
        self.asked_again += 1
        if len(self._tokens) > 1:
            self._tokens.pop(0)
        return Secret(self._tokens[0])


def through(relay: Relay, tokens: Tokens) -> RelaySettings:
    return settings_for(relay.port, tokens)


def settings_for(port: int, tokens: Tokens) -> RelaySettings:
    return RelaySettings(
        provider="smtp",
        host="127.0.0.1",
        port=port,
        tls=TlsMode.NONE,
        username=MAILBOX,
        password=None,
        ehlo_name="hr.acme.test",
        timeout=3.0,
        tokens=tokens,
    )


def send(settings: RelaySettings) -> None:
    transport = SmtpTransport(settings)
    try:
        transport.send(Envelope(MAILBOX, "dana@acme.test"), b"Subject: x\r\n\r\nhello\r\n")
    finally:
        transport.close()


@BOTH
@pytest.mark.parametrize("length", [20, 250, 2_000, 8_000])
def test_a_token_of_any_length_logs_in(mechanism: str, length: int) -> None:
    token = "t0ken" * (length // 5)
    with Relay(users={MAILBOX: token}, require_auth=True, mechanisms=(mechanism,)) as relay:
        send(through(relay, Tokens(token)))
        assert relay.auth_attempts == [(mechanism, MAILBOX, token, False)]
        assert len(relay.envelopes) == 1
        auth = next(line for line in relay.commands if line.startswith("AUTH"))
        assert len(auth) <= 510
        if length >= 2_000:
            assert auth == f"AUTH {mechanism}"


@BOTH
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "after a challenge"])
def test_a_refused_token_is_renewed_once_and_tried_once_more(mechanism: str, at_once: bool) -> None:
    tokens = Tokens("old", "new")
    with Relay(users={MAILBOX: "new"}, mechanisms=(mechanism,), refuses_at_once=at_once) as relay:
        send(through(relay, tokens))
        assert [attempt[2:] for attempt in relay.auth_attempts] == [("old", False), ("new", False)]
        assert relay.connections == 1
        assert relay.dummies == ([] if at_once else [True])
    assert (tokens.asked, tokens.asked_again) == (1, 1)


@BOTH
def test_a_second_refusal_is_the_end(mechanism: str) -> None:
    tokens = Tokens("old", "new", "newer")
    with Relay(users={MAILBOX: "other"}, mechanisms=(mechanism,)) as relay:
        with pytest.raises(TransportError) as caught:
            send(through(relay, tokens))
        assert [attempt[2] for attempt in relay.auth_attempts] == ["old", "new"]
        assert relay.dummies == [True, True]
    assert (caught.value.code, caught.value.phase) == (FailureCode.OAUTH_REJECTED, Phase.AUTH)
    assert caught.value.reply_code == 535


def test_a_password_mechanism_is_never_used_instead() -> None:
    with Relay(users={MAILBOX: "t"}, mechanisms=("PLAIN", "LOGIN", "CRAM-MD5")) as relay:
        with pytest.raises(TransportError) as caught:
            send(through(relay, Tokens("t")))
        assert relay.received("AUTH") == 0
    assert caught.value.code is FailureCode.AUTH_NOT_OFFERED


def test_a_token_mechanism_is_never_used_for_a_password() -> None:
    with Relay(users={MAILBOX: "t"}, mechanisms=("XOAUTH2", "OAUTHBEARER")) as relay:
        with pytest.raises(TransportError) as caught:
            send(replace(through(relay, Tokens("t")), tokens=None, password=Secret("t")))
        assert relay.received("AUTH") == 0
    assert caught.value.code is FailureCode.AUTH_NOT_OFFERED


@pytest.mark.parametrize(
    "reply",
    [
        "504 5.5.4 unknown mechanism",
        "454 4.7.0 later",
        "535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox",
    ],
)
def test_another_mechanism_is_never_tried(reply: str) -> None:
    tokens = Tokens("t")
    with Relay(users={MAILBOX: "t"}, mechanisms=("XOAUTH2", "OAUTHBEARER", "PLAIN")) as relay:
        relay.replies["AUTH"] = reply
        with pytest.raises(TransportError) as caught:
            send(through(relay, tokens))
        assert relay.received("AUTH") == 1
    assert tokens.asked_again == 0, "the token was not what was wrong"
    assert caught.value.code is not FailureCode.OAUTH_REJECTED


def test_no_token_is_shown_without_the_encryption_that_was_asked_for() -> None:
    tokens = Tokens("t")
    with Relay(users={MAILBOX: "t"}, mechanisms=("XOAUTH2",)) as relay:
        with pytest.raises(TransportError) as caught:
            send(replace(through(relay, tokens), tls=TlsMode.STARTTLS))
        assert relay.received("AUTH") == 0
    assert caught.value.code is FailureCode.STARTTLS_NOT_OFFERED
    assert tokens.asked == 0


def test_a_relay_that_hangs_up_on_the_second_try_has_refused_the_first() -> None:
    tokens = Tokens("old", "new")
    with Relay(users={MAILBOX: "new"}, mechanisms=("XOAUTH2",), refuses_at_once=True) as relay:
        relay.replies["AUTH"] = [None, "421 4.7.0 go away"]
        with pytest.raises(TransportError) as caught:
            send(through(relay, tokens))
    assert caught.value.code is FailureCode.OAUTH_REJECTED, "or it would be tried for ever"


def test_a_refusal_says_nothing_of_the_relay_s_own_words() -> None:
    with Relay(users={MAILBOX: "t"}, mechanisms=("XOAUTH2",), refuses_at_once=True) as relay:
        relay.replies["AUTH"] = "535 5.7.3 token canary-t0ken for hr@acme.test is bad"
        with pytest.raises(TransportError) as caught:
            send(through(relay, Tokens("canary-t0ken")))
    assert "canary" not in repr(caught.value) + str(caught.value)


@BOTH
def test_the_transcript_holds_no_token_whoever_repeats_it(mechanism: str) -> None:
    token = "canary-t0ken-of-the-mailbox"
    transcript = Transcript(MAILBOX, None)
    sent = response_for(mechanism, MAILBOX, token, "127.0.0.1", 1)
    with Relay(users={MAILBOX: token}, mechanisms=(mechanism,)) as relay:
        response = response_for(mechanism, MAILBOX, token, relay.host, relay.port)
        relay.replies["AUTH"] = f"535 5.7.8 {token} {response} is no good"
        settings = through(relay, Tokens(token))
        session = open_session(settings, Deadline(5))
        session._transcript = transcript
        with pytest.raises(TransportError):
            session.login()
        session.close()
    said = str(transcript)
    assert f"AUTH {mechanism}" in said
    for form in (token, sent, response, base64.b64encode(token.encode()).decode().rstrip("=")):
        assert form not in said


def test_signs_that_the_standard_uses_itself_are_escaped_in_a_mailbox() -> None:
    said = base64.b64decode(response_for("OAUTHBEARER", "a=b,c@x.test", "t", "h", 25)).decode()
    assert said == "n,a=a=3Db=2Cc@x.test,\x01host=h\x01port=25\x01auth=Bearer t\x01\x01"


def test_a_response_that_no_server_must_take_is_not_sent() -> None:
    with Relay(users={MAILBOX: "t"}, mechanisms=("XOAUTH2",)) as relay:
        with pytest.raises(TransportError) as caught:
            send(through(relay, Tokens("t" * LONGEST_RESPONSE)))
        assert relay.received("AUTH") == 0
    assert caught.value.code is FailureCode.OAUTH_REJECTED


@pytest.mark.parametrize(
    ("challenge", "code"),
    [
        (b'{"status":"invalid_token"}', FailureCode.OAUTH_REJECTED),
        (b'{"status":"401"}', FailureCode.OAUTH_REJECTED),
        (b'{"status":"503"}', FailureCode.AUTH_TEMPORARY),
        (b'{"status":"temporarily_unavailable"}', FailureCode.AUTH_TEMPORARY),
        (b"[1,2]", FailureCode.OAUTH_REJECTED),
        (b"\xff\xfe", FailureCode.OAUTH_REJECTED),
        (b"[" * 900, FailureCode.OAUTH_REJECTED),
    ],
)
def test_of_a_challenge_only_its_status_counts(challenge: bytes, code: FailureCode) -> None:
    told = f"334 {base64.b64encode(challenge).decode()}"
    replies = told, "535 5.7.8 no", told, "535 5.7.8 no"
    with raw_relay(*replies) as (port, _), pytest.raises(TransportError) as caught:
        send(settings_for(port, Tokens("t")))
    assert caught.value.code is code


@pytest.mark.parametrize(
    "replies",
    [
        ("334 e30=", "235 2.7.0 but you are welcome"),
        ("334 e30=", "334 e30="),
        ("250 well",),
        ("334 no base64 !!", "334 again"),
    ],
)
def test_a_relay_that_answers_out_of_turn_is_not_logged_in_to(replies: tuple[str, ...]) -> None:
    with raw_relay(*replies) as (port, heard), pytest.raises(TransportError) as caught:
        send(settings_for(port, Tokens("t")))
    assert caught.value.code is FailureCode.PROTOCOL_ERROR
    assert not any(line.startswith("MAIL") for line in heard)


class raw_relay:  # noqa: N801 - reads as a function
    """Greets, offers XOAUTH2, and then says exactly what it is told to."""

    def __init__(self, *replies: str) -> None:
        self._replies = ["250-x\r\n250 AUTH XOAUTH2", *replies]
        self.heard: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> tuple[int, list[str]]:
        self._thread.start()
        return self._server.getsockname()[1], self.heard

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self._thread.join(5)

    def _serve(self) -> None:
        line, _ = self._server.accept()
        with line, line.makefile("rb") as lines:
            line.sendall(b"220 x\r\n")
            for said in lines:
                self.heard.append(said.decode().strip())
                if not self._replies:
                    return
                line.sendall(self._replies.pop(0).encode() + b"\r\n")
