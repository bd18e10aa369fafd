"""The twenty bad servers against the SMTP transport itself."""

from __future__ import annotations

import base64
import socket
import time
import traceback
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.crypto.secret import Secret
from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mail.phases import Phase
from app.mail.smtp.transport import SmtpTransport
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, Receipt, RelaySettings, TransportError
from app.mail.trust import Trust
from tests.faults.outcomes import CODES, NO_LOGIN_WANTED
from tests.faults.server import PASSWORD, BadServer

MESSAGE = b"Subject: one\r\n\r\nhello\r\n.a dot\r\n"
TO_BOB = Envelope("novantra@acme.test", "bob@example.test")


def transport_to(
    server: BadServer, *, timeout: float = 1.0, total: float = 3.0, login: bool = True
) -> SmtpTransport:
    settings = RelaySettings(
        provider="smtp",
        host="localhost" if server.tls != "none" else server.host,
        port=server.port,
        tls=TlsMode(server.tls),
        username="novantra" if login else None,
        password=Secret(PASSWORD) if login else None,
        ehlo_name="app.acme.test",
        timeout=timeout,
    )
    return SmtpTransport(settings, total=total)


@dataclass
class Outcome:
    error: TransportError
    seconds: float


def fail(server: BadServer, envelope: Envelope = TO_BOB, **options: float | bool) -> Outcome:
    transport = transport_to(server, **options)  # type: ignore[arg-type]
    began = time.monotonic()
    with pytest.raises(TransportError) as raised:
        transport.send(envelope, MESSAGE)
    transport.close()
    return Outcome(raised.value, time.monotonic() - began)


@contextmanager
def refused_connections() -> Iterator[tuple[str, int]]:
    """A port on which nothing listens, and nothing else will while the block lasts."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield "127.0.0.1", held.getsockname()[1]


@pytest.mark.parametrize("scenario", CODES)
def test_each_fault_ends_in_its_own_code_within_the_deadline(scenario: str) -> None:
    with BadServer(scenario) as server:
        outcome = fail(server, timeout=0.5, total=1.5)
    assert (outcome.error.code, outcome.error.phase) == CODES[scenario]
    assert outcome.seconds < 2.5
    assert server.accepted == []
    assert outcome.error.after_dot is scenario.startswith("F04")


@pytest.mark.parametrize("scenario", [name for name in CODES if name.startswith(NO_LOGIN_WANTED)])
def test_no_password_leaves_where_none_may(scenario: str) -> None:
    with BadServer(scenario) as server:
        fail(server, timeout=0.5, total=1.5)
    received = server.all_received
    assert server.auth_count == 0
    assert b"AUTH" not in received
    assert PASSWORD.encode() not in received
    assert base64.b64encode(PASSWORD.encode()) not in received
    assert b"MAIL" not in b"".join(server.in_clear)


@pytest.mark.parametrize("scenario", ["F13", "F13-139", "F13-30", "F14", "F17"])
def test_a_refused_login_is_tried_once(scenario: str) -> None:
    with BadServer(scenario) as server:
        fail(server)
    assert server.auth_count == 1


def test_f13_fifty_messages_make_one_login() -> None:
    with BadServer("F13") as server:
        transport = transport_to(server)
        for _ in range(50):
            with pytest.raises(TransportError) as raised:
                transport.send(TO_BOB, MESSAGE)
            assert raised.value.code is FailureCode.AUTH_BAD_CREDENTIALS
        assert (server.auth_count, server.connections) == (1, 1)
        transport.close()
        with pytest.raises(TransportError):
            transport.send(TO_BOB, MESSAGE)
        assert server.auth_count == 2  # close() was the caller's word that it may try again


@pytest.mark.timing
def test_f02_the_deadline_holds_though_every_single_reply_is_in_time() -> None:
    with BadServer("F02-steps") as server:
        outcome = fail(server, timeout=0.6, total=1.0, login=False)
    assert disposition_of(outcome.error.code) is Disposition.RETRY
    assert outcome.seconds < 1.5


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["F07", "F07-line", "F07-ehlo"])
def test_f07_a_flood_costs_no_memory(scenario: str) -> None:
    with BadServer(scenario) as server:
        transport = transport_to(server)
        tracemalloc.start()
        with pytest.raises(TransportError):
            transport.send(TO_BOB, MESSAGE)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2_000_000


def test_f04_a_drop_after_the_dot_is_told_apart_and_retried() -> None:
    with BadServer("F04") as server:
        error = fail(server).error
    assert error.after_dot
    assert disposition_of(error.code) is Disposition.RETRY
    assert len(server.messages) == 1


def test_f05_no_dot_is_sent_to_a_relay_that_answered_too_early() -> None:
    with BadServer("F05") as server:
        error = fail(server).error
    assert not error.after_dot
    assert server.messages == []


@pytest.mark.parametrize("scenario", ["F06", "F06-reset", "F06-together"])
def test_f06_sent_is_sent_whatever_the_goodbye_is(scenario: str) -> None:
    with BadServer(scenario) as server:
        transport = transport_to(server)
        receipt = transport.send(TO_BOB, MESSAGE)
        transport.close()
    assert receipt.reply_code == 250
    assert len(server.messages) == 1


@pytest.mark.parametrize("scenario", ["F06", "F06-reset", "F06-together"])
def test_f06_a_connection_lost_between_messages_is_nobody_s_failure(scenario: str) -> None:
    with BadServer(scenario) as server:
        transport = transport_to(server)
        receipts = [transport.send(TO_BOB, MESSAGE) for _ in range(3)]
        transport.close()
    assert all(isinstance(receipt, Receipt) for receipt in receipts)
    assert len(server.messages) == 3
    assert server.connections == 3


def test_f09_nothing_more_is_said_in_the_clear_after_a_failed_handshake() -> None:
    with BadServer("F09") as server:
        fail(server)
    assert server.commands == ["EHLO app.acme.test", "STARTTLS"]


@pytest.mark.parametrize(
    ("scenario", "tls"),
    [
        (scenario, tls)
        for scenario in CODES
        if scenario.startswith("F10")
        for tls in ("starttls", "implicit")
    ],
)
def test_f10_certificates_are_judged_alike_in_both_modes(scenario: str, tls: str) -> None:
    with BadServer(scenario, tls=tls) as server:
        outcome = fail(server)
    assert outcome.error.code is CODES[scenario][0]
    assert disposition_of(outcome.error.code) is Disposition.PAUSE
    assert server.auth_count == 0


def ignoring_errors(server: BadServer) -> RelaySettings:
    return RelaySettings(
        *("smtp", "localhost", server.port, TlsMode.STARTTLS, "u", Secret("p"), "app.test"),
        trust=Trust(verify=False),
    )


def test_f10_ignoring_errors_still_encrypts() -> None:
    with BadServer("F10-self-signed") as server:
        settings = ignoring_errors(server)
        with closing(SmtpTransport(settings, total=3)) as transport:
            transport.send(TO_BOB, MESSAGE)
    assert b"AUTH" not in b"".join(server.in_clear)
    assert len(server.accepted) == 1


def test_f10_ignoring_errors_does_not_allow_old_tls() -> None:
    with BadServer("F10-old-tls") as server:
        settings = ignoring_errors(server)
        with pytest.raises(TransportError) as raised:
            SmtpTransport(settings, total=3).send(TO_BOB, MESSAGE)
    assert raised.value.code is FailureCode.TLS_VERSION


def test_f16_one_dead_one_retried_one_sent_in_one_session() -> None:
    with BadServer("F16") as server:
        transport = transport_to(server)
        codes: list[FailureCode | str] = []
        for _ in range(3):
            try:
                transport.send(TO_BOB, MESSAGE)
                codes.append("sent")
            except TransportError as error:
                codes.append(error.code)
        transport.close()
    assert codes == [FailureCode.RECIPIENT_REJECTED, FailureCode.RECIPIENT_TEMPORARY, "sent"]
    assert server.connections == 1
    assert server.accepted == [MESSAGE.replace(b"\r\n.", b"\r\n..")]


def test_f17_nothing_that_the_relay_says_gets_into_the_exception() -> None:
    with BadServer("F17") as server:
        error = fail(server).error
    told = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    told = told.replace(str(Path(__file__).parents[2]), "")  # a folder may have any name
    for secret in (PASSWORD, "script", "\x1b", "novantra", base64.b64encode(b"correct").decode()):
        assert secret not in told
    assert (error.reply_code, error.enhanced) == (535, "5.7.8")
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


def test_f19_helo_is_enough_where_neither_tls_nor_a_login_is_wanted() -> None:
    with BadServer("F19") as server, closing(transport_to(server, login=False)) as transport:
        transport.send(TO_BOB, MESSAGE)
    assert server.commands[:3] == [
        "EHLO app.acme.test",
        "HELO app.acme.test",
        f"MAIL FROM:<{TO_BOB.mail_from}>",
    ]


@pytest.mark.parametrize(
    ("tls", "code"),
    [("none", FailureCode.AUTH_NOT_OFFERED), ("starttls", FailureCode.STARTTLS_NOT_OFFERED)],
)
def test_f19_helo_is_not_a_way_around_tls_or_a_login(tls: str, code: FailureCode) -> None:
    with BadServer("F19", tls=tls) as server:
        error = fail(server).error
    assert error.code is code
    assert server.commands == ["EHLO app.acme.test"]


def test_f19_an_international_address_is_rejected_where_it_cannot_be_carried() -> None:
    with BadServer("F19-plain") as server:
        error = fail(
            server, Envelope("novantra@acme.test", "bjørn@example.test"), login=False
        ).error
    assert (error.code, error.phase) == (FailureCode.ADDRESS_INVALID, Phase.RCPT_TO)
    assert disposition_of(error.code) is Disposition.REJECT
    assert "BODY" not in "".join(server.commands)


def test_f20_a_closed_port_is_refused() -> None:
    with refused_connections() as (host, port):
        settings = RelaySettings("smtp", host, port, TlsMode.NONE, None, None, "app.test")
        with pytest.raises(TransportError) as raised:
            SmtpTransport(settings).send(TO_BOB, MESSAGE)
    assert (raised.value.code, raised.value.phase) == (
        FailureCode.CONNECT_REFUSED,
        Phase.CONNECT,
    )


def test_f20_tls_on_connect_to_a_port_for_starttls_is_recognised() -> None:
    with BadServer("good") as server:
        settings = RelaySettings(
            "smtp", "localhost", server.port, TlsMode.IMPLICIT, "u", Secret("p"), "app.test"
        )
        with pytest.raises(TransportError) as raised:
            SmtpTransport(settings, total=3).send(TO_BOB, MESSAGE)
    assert raised.value.code is FailureCode.TLS_MODE_MISMATCH
    assert server.auth_count == 0
