"""The SMTP transport with a relay that behaves, or says no in the ordinary way."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from app.mail.failures import Failure, FailureCode, FailureContext, explain_failure
from app.mail.phases import Phase
from app.mail.smtp import transport as kept
from app.mail.smtp.transport import SmtpTransport
from app.mail.transport import Envelope, RelaySettings, TransportError
from tests.faults.server import BadServer
from tests.mail.relays import ENVELOPE, MESSAGE, settings_for
from tests.smtpd import Relay


@contextmanager
def sending_to(settings: RelaySettings) -> Iterator[SmtpTransport]:
    with closing(SmtpTransport(settings, total=4)) as transport:
        yield transport


def refused(settings: RelaySettings, envelope: Envelope = ENVELOPE) -> TransportError:
    with sending_to(settings) as transport, pytest.raises(TransportError) as raised:
        transport.send(envelope, MESSAGE)
    return raised.value


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_a_message_arrives_as_it_was_made(tls: str) -> None:
    with (
        Relay(tls=tls, users={"alice": "pw"}, require_auth=True) as relay,
        sending_to(settings_for(relay, "alice", "pw")) as transport,
    ):
        receipt = transport.send(ENVELOPE, MESSAGE)
        (received,) = relay.envelopes
    assert (receipt.reply_code, receipt.enhanced, receipt.server) == (250, "2.0.0", "127.0.0.1")
    assert received.content == MESSAGE
    assert (received.mail_from, received.rcpt_to) == (ENVELOPE.mail_from, ENVELOPE.rcpt_to)
    assert received.encrypted is (tls != "none")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_the_login_happens_inside_tls_alone(tls: str) -> None:
    with (
        Relay(tls=tls, users={"alice": "pw"}) as relay,
        sending_to(settings_for(relay, "alice", "pw")) as transport,
    ):
        transport.send(ENVELOPE, MESSAGE)
        assert relay.auth_attempts == [("PLAIN", "alice", "pw", True)]


def test_no_login_is_tried_without_a_user_name() -> None:
    with (
        Relay(users={"alice": "pw"}) as relay,
        sending_to(settings_for(relay, "", "pw")) as transport,
    ):
        transport.send(ENVELOPE, MESSAGE)
        assert relay.auth_attempts == []


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize(
    "password",
    ["plain", "pässwörd €", "пароль", "密码 with spaces ", "x" * 600, "=?utf-8?b?eA==?="],
)
def test_any_password_without_control_characters_works(mechanism: str, password: str) -> None:
    with (
        Relay(users={"jürgen": password}, mechanisms=(mechanism,)) as relay,
        sending_to(settings_for(relay, "jürgen", password)) as transport,
    ):
        transport.send(ENVELOPE, MESSAGE)
        assert relay.auth_attempts == [(mechanism, "jürgen", password, False)]


@pytest.mark.parametrize("password", ["a\0b", "a\r\nQUIT", "a\x7fb", "half \ud800"])
def test_a_password_that_cannot_be_sent_never_is(password: str) -> None:
    with Relay(users={"alice": "pw"}) as relay:
        error = refused(settings_for(relay, "alice", password))
        assert relay.received("AUTH") == 0
    assert (error.code, error.reply_code) == (FailureCode.AUTH_BAD_CREDENTIALS, None)


def test_a_failed_login_leaves_no_form_of_the_secret_in_the_exception() -> None:
    with Relay(users={"alice": "right"}) as relay:
        error = refused(settings_for(relay, "alice", "wröng-secret"))
    chain = repr(error) + str(error) + repr(error.__cause__) + repr(error.__context__)
    assert "wröng" not in chain
    assert base64.b64encode("wröng-secret".encode()).decode() not in chain
    assert str(error) == "auth_bad_credentials at auth (535 5.7.8)"


def test_messages_share_a_connection_and_a_login() -> None:
    with (
        Relay(tls="starttls", users={"alice": "pw"}) as relay,
        sending_to(settings_for(relay, "alice", "pw")) as transport,
    ):
        for _ in range(5):
            transport.send(ENVELOPE, MESSAGE)
        assert (relay.connections, len(relay.auth_attempts)) == (1, 1)
        assert len(relay.envelopes) == 5


def test_a_connection_is_given_up_after_fifty_messages() -> None:
    with Relay() as relay, sending_to(settings_for(relay)) as transport:
        for _ in range(kept.MAX_MESSAGES + 1):
            transport.send(ENVELOPE, MESSAGE)
        assert relay.connections == 2
        assert relay.received("QUIT") == 1


def test_a_connection_that_rested_too_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_IDLE", 0.05)
    with Relay() as relay, sending_to(settings_for(relay)) as transport:
        transport.send(ENVELOPE, MESSAGE)
        time.sleep(0.1)
        transport.send(ENVELOPE, MESSAGE)
        assert relay.connections == 2


def test_a_relay_that_restarts_between_messages_costs_no_failure() -> None:
    with Relay() as relay, sending_to(settings_for(relay)) as transport:
        transport.send(ENVELOPE, MESSAGE)
        relay.drop_connections()
        time.sleep(0.05)
        transport.send(ENVELOPE, MESSAGE)
        assert (relay.connections, len(relay.envelopes)) == (2, 2)


@pytest.mark.parametrize("command", ["RSET", "MAIL"])
def test_a_421_on_a_used_connection_costs_no_failure(command: str) -> None:
    with (
        Relay(reject_rcpt={"gone@example.test": "550 5.1.1 no such user"}) as relay,
        sending_to(settings_for(relay)) as transport,
    ):
        gone = Envelope(ENVELOPE.mail_from, "gone@example.test")
        with pytest.raises(TransportError):
            transport.send(gone, MESSAGE)
        relay.replies[command] = ["421 4.3.2 closing"]
        transport.send(ENVELOPE, MESSAGE)
        assert (relay.connections, len(relay.envelopes)) == (2, 1)


def test_a_421_to_a_fresh_connection_is_a_failure() -> None:
    with Relay(replies={"MAIL": "421 4.3.2 closing"}) as relay:
        error = refused(settings_for(relay))
        assert relay.connections == 1
    assert (error.code, error.phase) == (FailureCode.SERVER_BUSY, Phase.MAIL_FROM)


def test_a_refused_recipient_leaves_the_connection_usable() -> None:
    with (
        Relay(reject_rcpt={"gone@example.test": "550 5.1.1 no such user"}) as relay,
        sending_to(settings_for(relay)) as transport,
    ):
        with pytest.raises(TransportError) as raised:
            transport.send(Envelope(ENVELOPE.mail_from, "gone@example.test"), MESSAGE)
        transport.send(ENVELOPE, MESSAGE)
        assert (relay.connections, len(relay.envelopes)) == (1, 1)
        assert relay.received("RSET") == 1
    error = raised.value
    assert (error.code, error.phase) == (FailureCode.RECIPIENT_REJECTED, Phase.RCPT_TO)
    assert (error.reply_code, error.enhanced) == (550, "5.1.1")


def test_a_message_over_the_announced_size_is_not_sent() -> None:
    with Relay(size_limit=100) as relay:
        with sending_to(settings_for(relay)) as transport, pytest.raises(TransportError) as raised:
            transport.send(ENVELOPE, MESSAGE + b"x" * 100)
        assert relay.received("MAIL") == 0
    assert raised.value.code is FailureCode.MESSAGE_TOO_LARGE


def test_the_size_is_announced_without_stuffed_dots() -> None:
    message = b"Subject: dots\r\n\r\n.one\r\n..two\r\n"
    with Relay() as relay, sending_to(settings_for(relay)) as transport:
        transport.send(ENVELOPE, message)
        (received,) = relay.envelopes
    assert received.mail_options == (f"SIZE={len(message)}",)
    assert received.content == message


@pytest.mark.parametrize(
    "message",
    [b"Subject: x\n\nbare\nfeeds\n", b"Subject: x\r\rbare\rreturns\r", b"Subject: x\r\n\r\nno end"],
)
def test_line_ends_become_crlf_on_the_wire(message: bytes) -> None:
    with BadServer("good") as server, sending_to(settings_for(server)) as transport:
        transport.send(ENVELOPE, message)
    (sent,) = server.messages
    assert sent.count(b"\n") == sent.count(b"\r") == sent.count(b"\r\n")
    assert sent.endswith(b"\r\n")


@pytest.mark.parametrize("ending", [b"\n.\n", b"\r.\r", b"\r\n.\n", b"\n.\r\n", b"\r\n.\r\n"])
def test_no_body_can_end_the_message_early(ending: bytes) -> None:
    smuggled = b"Subject: x\r\n\r\nhello" + ending + b"MAIL FROM:<evil@example.test>\r\n"
    with BadServer("good") as server, sending_to(settings_for(server)) as transport:
        transport.send(ENVELOPE, smuggled)
    assert len(server.messages) == 1
    assert sum(command.startswith("MAIL") for command in server.commands) == 1


@pytest.mark.parametrize("line", [b"x" * 999, b"a\0b"])
def test_a_line_that_no_relay_has_to_take_is_not_sent(line: bytes) -> None:
    with Relay() as relay:
        with sending_to(settings_for(relay)) as transport, pytest.raises(TransportError) as raised:
            transport.send(ENVELOPE, b"Subject: x\r\n\r\n" + line + b"\r\n")
        assert relay.connections == 0
    assert raised.value.code is FailureCode.CONTENT_REJECTED


@pytest.mark.parametrize(
    "address",
    ["a@b.test>\r\nDATA", "a@b.test> SIZE=1", "a b@c.test", "a@b.test\0", '"a"@b.test', "nobody"],
)
def test_an_envelope_cannot_smuggle_commands(address: str) -> None:
    with Relay() as relay:
        recipient = refused(settings_for(relay), Envelope("novantra@acme.test", address))
        sender = refused(settings_for(relay), Envelope(address, "bob@example.test"))
        assert relay.received("DATA") == 0
    assert recipient.code is FailureCode.ADDRESS_INVALID
    assert sender.code is FailureCode.SENDER_REJECTED


def test_an_international_recipient_is_carried_where_that_is_offered() -> None:
    with Relay(smtputf8=True) as relay, sending_to(settings_for(relay)) as transport:
        transport.send(Envelope("novantra@acme.test", "bjørn@example.test"), MESSAGE)
        (received,) = relay.envelopes
    assert received.rcpt_to == "bjørn@example.test"
    assert "SMTPUTF8" in received.mail_options


def test_8bit_content_travels_only_where_8bitmime_is_offered() -> None:
    content = "Subject: x\r\n\r\nbjørn\r\n".encode()
    with BadServer("good") as able, sending_to(settings_for(able)) as transport:
        transport.send(ENVELOPE, content)
    assert any("BODY=8BITMIME" in command for command in able.commands)
    with (
        BadServer("F19-plain") as unable,
        sending_to(settings_for(unable)) as transport,
        pytest.raises(TransportError) as raised,
    ):
        transport.send(ENVELOPE, content)
    assert raised.value.code is FailureCode.CONTENT_REJECTED


@pytest.mark.parametrize("name", ["", "two words", "line\r\nbreak", "bücher.test"])
def test_a_name_that_cannot_be_said_at_ehlo_is_reported(name: str) -> None:
    with Relay() as relay:
        error = refused(settings_for(relay, ehlo_name=name))
        assert relay.commands == []
    assert error.code is FailureCode.EHLO_REJECTED


def test_the_reply_to_the_dot_may_take_longer_than_a_step() -> None:
    with (
        Relay(delay=0.6) as relay,
        sending_to(replace(settings_for(relay), timeout=0.3)) as transport,
    ):
        assert transport.send(ENVELOPE, MESSAGE).reply_code == 250


def test_threads_that_share_a_transport_share_one_refused_login() -> None:
    with (
        Relay(users={"alice": "right"}) as relay,
        sending_to(settings_for(relay, "alice", "wrong")) as transport,
        ThreadPoolExecutor(8) as threads,
    ):
        together = threading.Barrier(8)

        def attempt(_: int) -> FailureCode | None:
            together.wait()
            try:
                transport.send(ENVELOPE, MESSAGE)
            except TransportError as error:
                return error.code
            return None

        codes = list(threads.map(attempt, range(8)))
        assert codes == [FailureCode.AUTH_BAD_CREDENTIALS] * 8
        assert len(relay.auth_attempts) == 1


@pytest.mark.timing
def test_threads_that_share_a_transport_send_side_by_side() -> None:
    with (
        Relay(delay=0.2) as relay,
        sending_to(settings_for(relay)) as transport,
        ThreadPoolExecutor(4) as threads,
    ):
        began = time.monotonic()
        list(threads.map(lambda _: transport.send(ENVELOPE, MESSAGE), range(4)))
        assert time.monotonic() - began < 0.6
        assert (relay.connections, len(relay.envelopes)) == (4, 4)


def test_a_failure_is_one_value_from_the_relay_to_whoever_tells_it() -> None:
    with Relay(users={"alice": "right"}) as relay:
        error = refused(settings_for(relay, "alice", "wrong"))
    code = FailureCode.AUTH_BAD_CREDENTIALS
    assert error.failure == Failure(code, Phase.AUTH, 535, "5.7.8")
    assert error.failure.reply == "535 5.7.8"
    again = TransportError.of(error.failure)
    assert (again.failure, str(again)) == (error.failure, str(error))
    assert explain_failure(error.failure, FailureContext()).code is code
