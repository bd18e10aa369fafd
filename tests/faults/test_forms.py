"""Every way to hand a message over, and relays that do not keep what they offer for it."""

from __future__ import annotations

from contextlib import closing

import pytest

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.transport import Envelope, TransportError
from tests.faults.outcomes import CODES
from tests.faults.server import BadServer
from tests.faults.test_transport_faults import MESSAGE, TO_BOB, transport_to

GROUPS: tuple[bytes, ...] = (b"PIPELINING",)
CHUNKS: tuple[bytes, ...] = (b"PIPELINING", b"CHUNKING")
FORMS = pytest.mark.parametrize("besides", [(), GROUPS, CHUNKS], ids=["single", "group", "chunk"])
WITH_DOTS = MESSAGE.replace(b"\r\n.", b"\r\n..")


def sent(besides: tuple[bytes, ...]) -> bytes:
    """The octets of a message as the relay gets them."""
    return MESSAGE if besides == CHUNKS else WITH_DOTS


@FORMS
def test_a_message_arrives_whole_in_every_form(besides: tuple[bytes, ...]) -> None:
    with BadServer("good", besides=besides) as server, closing(transport_to(server)) as transport:
        for _ in range(3):
            assert transport.send(TO_BOB, MESSAGE).reply_code == 250
    assert server.accepted == [sent(besides)] * 3
    assert server.connections == 1


def test_the_forms_say_no_more_than_they_need() -> None:
    said: dict[str, list[str]] = {}
    for name, besides in (("group", GROUPS), ("chunk", CHUNKS)):
        with BadServer("good", besides=besides) as server:
            with closing(transport_to(server, login=False)) as transport:
                transport.send(TO_BOB, MESSAGE)
                transport.send(TO_BOB, MESSAGE)
            said[name] = [command.partition(" ")[0] for command in server.commands]
    assert said["group"] == ["EHLO", *["MAIL", "RCPT", "DATA"] * 2, "QUIT"]
    assert said["chunk"] == ["EHLO", "MAIL", "RCPT", "BDAT", "BDAT", "MAIL", "RCPT", "BDAT", "QUIT"]


AFTER_LOGIN = [
    name for name, (_, phase) in CODES.items() if phase in {Phase.MAIL_FROM, Phase.RCPT_TO}
] + ["F03-dot", "F04", "F04-reset", "F15", "F15-sender"]


@pytest.mark.parametrize("besides", [GROUPS, CHUNKS], ids=["group", "chunk"])
@pytest.mark.parametrize("scenario", AFTER_LOGIN)
@pytest.mark.parametrize("before", [0, 1], ids=["first", "second"])
def test_a_fault_is_the_same_failure_in_every_form(
    scenario: str, besides: tuple[bytes, ...], before: int
) -> None:
    """``second``: after a message that went well, when BDAT is said at once."""
    with BadServer("good", besides=besides) as server, closing(transport_to(server)) as transport:
        for _ in range(before):
            transport.send(TO_BOB, MESSAGE)
        server.play(scenario)
        with pytest.raises(TransportError) as raised:
            transport.send(TO_BOB, MESSAGE)
        error = raised.value
    assert (error.code, error.phase) == CODES[scenario]
    assert error.after_dot is scenario.startswith("F04")
    assert len(server.accepted) == before


@pytest.mark.parametrize("scenario", ["F06", "F06-reset", "F06-together"])
@FORMS
def test_a_connection_lost_between_messages_is_nobodys_failure(
    scenario: str, besides: tuple[bytes, ...]
) -> None:
    with (
        BadServer(scenario, besides=besides) as server,
        closing(transport_to(server)) as transport,
    ):
        for _ in range(3):
            transport.send(TO_BOB, MESSAGE)
    assert server.messages == [sent(besides)] * 3
    assert server.connections == 3


@FORMS
def test_one_dead_one_retried_one_sent_in_one_session(besides: tuple[bytes, ...]) -> None:
    codes: list[FailureCode | str] = []
    with BadServer("F16", besides=besides) as server, closing(transport_to(server)) as transport:
        for _ in range(3):
            try:
                transport.send(TO_BOB, MESSAGE)
                codes.append("sent")
            except TransportError as error:
                codes.append(error.code)
    assert codes == [FailureCode.RECIPIENT_REJECTED, FailureCode.RECIPIENT_TEMPORARY, "sent"]
    # Where the relay wants the message although it refused its recipient, we hang up.
    assert server.connections == (3 if besides == GROUPS else 1)
    assert server.accepted == [sent(besides)]


@pytest.mark.parametrize("scenario", ["F21", "F21-drop", "F21-503"])
@pytest.mark.parametrize("besides", [GROUPS, CHUNKS], ids=["group", "chunk"])
def test_a_relay_that_does_not_keep_pipelining_is_spoken_to_one_by_one_from_then_on(
    scenario: str, besides: tuple[bytes, ...]
) -> None:
    with (
        BadServer(scenario, besides=besides) as server,
        closing(transport_to(server, timeout=0.5)) as transport,
    ):
        for _ in range(3):
            transport.send(TO_BOB, MESSAGE)
    assert server.accepted == [WITH_DOTS] * 3
    assert server.connections == 2, "one that went wrong, one for everything after it"


def test_a_relay_without_bdat_is_still_spoken_to_in_groups() -> None:
    with (
        BadServer("F22", besides=CHUNKS) as server,
        closing(transport_to(server, login=False)) as transport,
    ):
        for _ in range(2):
            transport.send(TO_BOB, MESSAGE)
        groups = [octets for octets in server.in_clear if octets.startswith(b"MAIL")]
        assert [octets.endswith(b"\r\nDATA\r\n") for octets in groups] == [False, True, True]
    assert server.accepted == [WITH_DOTS] * 2


@pytest.mark.parametrize("scenario", ["F22", "F22-silent", "F22-drop"])
def test_a_relay_that_does_not_know_bdat_gets_no_line_of_a_message_for_a_command(
    scenario: str,
) -> None:
    with (
        BadServer(scenario, besides=CHUNKS) as server,
        closing(transport_to(server, timeout=0.5)) as transport,
    ):
        for _ in range(3):
            transport.send(TO_BOB, MESSAGE)
    assert server.accepted == [WITH_DOTS] * 3
    assert server.connections == 2
    assert [c for c in server.commands if c.startswith("BDAT")] == ["BDAT 1"]
    assert "Subject: one" not in server.commands


def test_a_relay_in_trouble_is_not_asked_twice_for_every_message() -> None:
    """Its groups are not to blame where single commands go just as wrong."""
    with BadServer("good", besides=GROUPS) as server:
        server.play("F03-silence")
        with closing(transport_to(server, timeout=0.3)) as transport:
            for _ in range(3):
                with pytest.raises(TransportError):
                    transport.send(TO_BOB, MESSAGE)
    assert server.connections == 4
    assert server.accepted == []


def test_what_cannot_be_said_is_refused_before_anything_is() -> None:
    with (
        BadServer("F19-plain", besides=(b"CHUNKING",)) as server,
        closing(transport_to(server, login=False)) as transport,
    ):
        with pytest.raises(TransportError) as raised:
            transport.send(Envelope("novantra@acme.test", "bj\u00f8rn@example.test"), MESSAGE)
        transport.send(TO_BOB, MESSAGE)
    assert raised.value.code is FailureCode.ADDRESS_INVALID
    assert server.connections == 1
    assert server.accepted == [MESSAGE]
