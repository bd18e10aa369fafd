"""The next message's envelope is said behind the dot of the one before; its content never is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.smtp.delivery import LOST_AHEAD
from app.mail.smtp.session import AT_ONCE, MAX_MESSAGES
from app.mail.smtp.transport import SmtpTransport
from app.mail.transport import Envelope, Following, Receipt, TransportError
from tests.certificates import ca_file
from tests.faults.scenarios import Action, Scenario, Step
from tests.faults.server import BadServer, Peer
from tests.mail.relays import settings_for

QUEUED = b"250 2.0.0 queued\r\n"
POSTFIX = b"220 bad.example.test ESMTP Postfix (Debian/GNU)\r\n"
BYE = b"421 4.3.2 shutting down\r\n"


def message(number: int, text: str = "hello") -> Following:
    envelope = Envelope("novantra@acme.test", f"p{number}@example.test")
    content = f"Subject: {number}\r\n\r\n{text}\r\n.a dot\r\n".encode()
    return Following(envelope, content, f"<{number}@acme.test>")


class Row:
    """Sends messages one behind the other, as a connection of a worker does."""

    def __init__(self, transport: SmtpTransport) -> None:
        self.transport = transport
        self.told = 0

    def send(self, one: Following, following: Following | None = None) -> Receipt:
        def ahead() -> Following | None:
            self.told += following is not None
            return following

        return self.transport.send(
            one.envelope, one.content, message_id=one.message_id, ahead=ahead
        )

    def send_all(self, *messages: Following) -> list[TransportError | None]:
        """What came of each."""
        results: list[TransportError | None] = []
        for one, following in zip(messages, [*messages[1:], None], strict=True):
            try:
                self.send(one, following)
            except TransportError as error:
                results.append(error)
            else:
                results.append(None)
        return results


FOUR = [message(number) for number in range(4)]
"""Of these the third is the first that a relay is told of before."""

ALL_SENT = [None] * 4


@contextmanager
def row_to(server: BadServer, *, timeout: float = 2.0) -> Iterator[Row]:
    with closing(SmtpTransport(settings_for(server, timeout=timeout), total=5)) as transport:
        yield Row(transport)


@contextmanager
def in_a_row(
    steps: dict[str, Step] | None = None,
    *besides: bytes,
    tls: str = "none",
    timeout: float = 2.0,
) -> Iterator[tuple[BadServer, Row]]:
    """A server that offers PIPELINING and does ``steps`` its own way, and who sends to it."""
    steps = {"banner": POSTFIX, **(steps or {})}
    scenario = Scenario("answers command by command", steps)
    server = BadServer(scenario, besides=(b"PIPELINING", *besides), tls=tls)
    with server, row_to(server, timeout=timeout) as row:
        yield server, row


def the_third(does: Action) -> Step:
    return [None, None, does]


def stuffed(messages: Sequence[Following]) -> list[bytes]:
    return [one.content.replace(b"\r\n.", b"\r\n..") for one in messages]


def in_pieces(octets: bytes) -> Callable[[Peer], None]:
    return lambda peer: peer.drip(octets, interval=0.001)


def then_drop(octets: bytes) -> Callable[[Peer], None]:
    def speak(peer: Peer) -> None:
        peer.say(octets)
        peer.drop()

    return speak


def taken_and(octets: bytes, *, forgets: bool = False) -> Callable[[Peer], None]:
    """Takes the message, and says more than it should."""

    def answer(peer: Peer) -> None:
        peer.server.queued(peer)
        if octets:
            peer.say(octets)
        if forgets:
            peer.forget()

    return answer


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_from_the_third_on_a_message_costs_one_round_trip(
    tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    with in_a_row(tls=tls) as (server, row):
        assert row.send_all(*FOUR) == ALL_SENT
        assert row.told == 2
    assert server.accepted == stuffed(FOUR)
    assert server.connections == 1
    last_but_one = stuffed(FOUR)[2] + b".\r\nMAIL FROM:<novantra@acme.test> SIZE="
    assert any(octets.startswith(last_but_one) for octets in server.received)
    assert stuffed(FOUR)[3] + b".\r\n" in server.received
    recipients = [one for one in server.commands if one.startswith("RCPT")]
    assert recipients == [f"RCPT TO:<{one.envelope.rcpt_to}>" for one in FOUR]


def test_replies_that_come_in_pieces_are_no_trouble() -> None:
    steps: dict[str, Step] = {
        "MAIL": in_pieces(b"250-2.1.0 well\r\n250 2.1.0 OK\r\n"),
        "RCPT": in_pieces(b"250 2.1.5 OK\r\n"),
        ".": taken_and(b""),
    }
    with in_a_row(steps) as (server, row):
        assert row.send_all(*FOUR) == ALL_SENT
    assert server.accepted == stuffed(FOUR)
    assert server.connections == 1


def test_what_was_told_and_may_not_be_sent_never_leaves() -> None:
    with in_a_row() as (server, row):
        first, second, third, fourth = FOUR
        row.send(first, second)
        row.send(second, third)
        row.transport.let_go(third.message_id)
        row.send(fourth)
        assert server.connections == 2
        assert b"Subject: 2" not in server.all_received
        row.send(third)
    assert server.accepted == stuffed([first, second, fourth, third])


@pytest.mark.parametrize("which", ["content", "recipient"])
def test_a_connection_waits_for_the_very_message_it_was_told_of(which: str) -> None:
    with in_a_row() as (server, row):
        first, second, third, fourth = FOUR
        row.send(first)
        row.send(second, third)
        other = (
            Following(third.envelope, fourth.content, third.message_id)
            if which == "content"
            else Following(fourth.envelope, third.content, third.message_id)
        )
        row.send(other)
        assert server.connections == 2
    assert server.accepted == stuffed([first, second, other])
    assert server.commands.count(f"RCPT TO:<{other.envelope.rcpt_to}>") >= 1


def test_another_message_takes_another_connection_meanwhile() -> None:
    with in_a_row() as (server, row):
        first, second, third, fourth = FOUR
        row.send(first)
        row.send(second, third)
        row.send(fourth)
        row.send(third)
        assert server.connections == 2
    assert server.accepted == stuffed([first, second, fourth, third])


def test_giving_up_connections_gives_up_the_one_that_waits() -> None:
    with in_a_row() as (server, row):
        row.send(FOUR[0])
        row.send(FOUR[1], FOUR[2])
        row.transport.close()
        row.send(FOUR[2])
        assert server.connections == 2
    assert server.accepted == stuffed(FOUR[:3])


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_refusal_is_that_of_the_message_it_answers(step: str) -> None:
    steps: dict[str, Step] = {step: the_third(b"550 5.1.1 no\r\n")}
    if step == "RCPT":
        steps["DATA"] = the_third(b"554 5.5.1 no valid recipients\r\n")
    else:
        steps["RCPT"] = the_third(b"503 5.5.1 MAIL first\r\n")
        steps["DATA"] = the_third(b"503 5.5.1 RCPT first\r\n")
    with in_a_row(steps) as (server, row):
        one, two, refused, four = row.send_all(*FOUR)
    assert (one, two, four) == (None, None, None)
    assert refused is not None
    assert (refused.reply_code, refused.after_dot) == (550, False)
    assert refused.phase is (Phase.MAIL_FROM if step == "MAIL" else Phase.RCPT_TO)
    assert server.accepted == stuffed([FOUR[0], FOUR[1], FOUR[3]])
    assert server.connections == 1


def test_no_dot_goes_to_a_relay_that_wants_a_message_to_nobody() -> None:
    with in_a_row({"RCPT": the_third(b"550 5.1.1 no such user\r\n")}) as (server, row):
        one, two, refused, four = row.send_all(*FOUR)
    assert (one, two, four) == (None, None, None)
    assert refused is not None
    assert refused.code is FailureCode.RECIPIENT_REJECTED
    assert server.messages == stuffed([FOUR[0], FOUR[1], FOUR[3]])
    assert server.connections == 2


@pytest.mark.parametrize("reply", [b"550 5.7.1 no\r\n", b"451 4.3.0 later\r\n"])
def test_a_refused_message_does_not_take_the_next_one_with_it(reply: bytes) -> None:
    with in_a_row({".": [None, reply]}) as (server, row):
        one, refused, three, four = row.send_all(*FOUR)
    assert (one, three, four) == (None, None, None)
    assert refused is not None
    assert refused.reply_code == int(reply[:3])
    assert server.accepted == stuffed([FOUR[0], FOUR[2], FOUR[3]])
    assert server.connections == 1


def test_a_drop_after_the_dot_is_that_message_s_alone() -> None:
    with in_a_row({".": [None, Peer.drop]}) as (server, row):
        one, lost, three, four = row.send_all(*FOUR)
    assert (one, three, four) == (None, None, None)
    assert lost is not None
    assert (lost.code, lost.after_dot) == (FailureCode.CONNECTION_DROPPED, True)
    assert server.accepted == stuffed([FOUR[0], FOUR[2], FOUR[3]])


def test_a_relay_that_dropped_over_it_is_not_told_again() -> None:
    """As Dovecot 2.3 does, though it has passed the message on."""

    def crash(peer: Peer) -> None:
        if peer.has_more:
            peer.drop()
        peer.server.queued(peer)

    eight = [message(number) for number in range(8)]
    with in_a_row({".": [crash] * 8}) as (server, row):
        one, lost, *others = row.send_all(*eight)
        assert row.told == 1
    assert lost is not None
    assert (one, others) == (None, [None] * 6)
    assert server.messages == stuffed(eight)


@pytest.mark.parametrize(
    "greeting",
    [
        *("bad.example.test ESMTP", "bad.example.test Dovecot ready.", "Postfix"),
        *("mail.postfix.test ESMTP", "bad.example.test ESMTP Postfixed", "smtp-sink ESMTP"),
    ],
)
def test_a_relay_nobody_has_tried_it_with_is_told_nothing(greeting: str) -> None:
    with in_a_row({"banner": f"220 {greeting}\r\n".encode()}) as (server, row):
        assert row.send_all(*FOUR) == ALL_SENT
        assert row.told == 0
    assert server.accepted == stuffed(FOUR)


@pytest.mark.parametrize(
    "greeting",
    [
        *("mx.test ESMTP Postfix", "mx.test ESMTP Exim 4.96 Thu, 26 Nov 2026 08:00:00 +0000"),
        "mx.test ESMTP Postfix (Ubuntu)",
    ],
)
def test_a_relay_that_keeps_count_says_so_in_its_greeting(greeting: str) -> None:
    with in_a_row({"banner": f"220 {greeting}\r\n".encode()}) as (_server, row):
        assert row.send_all(*FOUR) == ALL_SENT
        assert row.told == 2


@pytest.mark.parametrize("does", [Peer.drop, Peer.reset, then_drop(BYE)])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_relay_that_hangs_up_between_two_messages_costs_no_failure(
    step: str, does: Action
) -> None:
    with in_a_row({step: the_third(does)}) as (server, row):
        assert row.send_all(*FOUR) == ALL_SENT
    assert server.accepted == stuffed(FOUR)
    assert server.connections == 2


def test_a_421_behind_the_reply_to_the_dot_costs_no_failure() -> None:
    with in_a_row({".": [None, then_drop(QUEUED + BYE)]}) as (server, row):
        assert row.send_all(*FOUR) == ALL_SENT
    assert server.messages == stuffed(FOUR)
    assert server.connections == 2


@pytest.mark.parametrize(
    "steps",
    [
        {".": [None, taken_and(b"250 2.0.0 once more\r\n")]},
        {"MAIL": the_third(b"250 2.1.0 OK\r\n250 2.1.0 OK\r\n")},
        {"DATA": the_third(b"250 2.0.0 what?\r\n")},
        {"MAIL": the_third(b"354 go ahead\r\n")},
        {"MAIL": the_third(b"no reply at all\r\n")},
        {"MAIL": the_third(b"503 5.5.1 out of order\r\n")},
        {"RCPT": the_third(b"503 5.5.1 out of order\r\n")},
    ],
)
def test_a_relay_that_lost_count_gets_no_content_and_is_told_nothing_more(
    steps: dict[str, Step],
) -> None:
    six = [message(number) for number in range(6)]
    with in_a_row(steps) as (server, row):
        assert row.send_all(*six) == [None] * 6
        assert row.told == 1
    assert server.accepted == stuffed(six)
    assert server.connections == 2


def test_nothing_is_sent_behind_a_reply_too_many() -> None:
    early = b"354 go ahead\r\n250 2.0.0 queued\r\n"
    with in_a_row({"DATA": the_third(early)}) as (server, row):
        assert row.send_all(*FOUR) == ALL_SENT
    assert server.accepted == stuffed(FOUR)
    assert server.connections == 2


def test_a_relay_that_loses_what_is_behind_a_dot_is_not_told_again() -> None:
    six = [message(number) for number in range(6)]
    steps: dict[str, Step] = {".": [taken_and(b"", forgets=True)] * 6}
    with in_a_row(steps, timeout=0.3) as (server, row):
        assert row.send_all(*six) == [None] * 6
        assert row.told == 1
    assert server.accepted == stuffed(six)


def test_a_relay_that_always_hangs_up_over_it_is_not_told_for_ever() -> None:
    def one_group_at_a_time(peer: Peer) -> None:
        if peer.has_more and sum(one.startswith("MAIL") for one in peer.commands) > 2:
            peer.drop()
        peer.say(b"250 2.1.0 OK\r\n")

    many = [message(number) for number in range(12)]
    with in_a_row({"MAIL": one_group_at_a_time}) as (server, row):
        assert row.send_all(*many) == [None] * 12
        assert row.told == LOST_AHEAD
    assert server.accepted == stuffed(many)


def test_a_relay_is_told_nothing_before_it_has_carried_a_message() -> None:
    with in_a_row({"MAIL": [None, then_drop(BYE)]}) as (_server, row):
        row.send(FOUR[0], FOUR[1])
        assert row.told == 0


@pytest.mark.parametrize("besides", [(), (b"PIPELINING", b"CHUNKING")])
def test_only_a_relay_that_takes_groups_and_no_chunks_is_told(besides: tuple[bytes, ...]) -> None:
    scenario = Scenario("well-behaved", {"banner": POSTFIX})
    with BadServer(scenario, besides=besides) as server, row_to(server) as row:
        assert row.send_all(*FOUR) == ALL_SENT
        assert row.told == 0


def test_the_last_message_of_a_connection_has_nothing_behind_it() -> None:
    many = [message(number) for number in range(MAX_MESSAGES + 2)]
    with in_a_row() as (server, row):
        assert row.send_all(*many) == [None] * len(many)
        assert server.connections == 2
        assert server.commands.count("QUIT") == 1
        assert row.told == MAX_MESSAGES - 2
    assert server.accepted == stuffed(many)


def test_a_message_that_cannot_be_sent_is_not_told_of() -> None:
    bad = Following(FOUR[2].envelope, b"x" * 2000, "<bad@acme.test>")
    with in_a_row() as (server, row):
        one, two, refused, three = row.send_all(FOUR[0], FOUR[1], bad, FOUR[2])
    assert (one, two, three) == (None, None, None)
    assert refused is not None
    assert refused.code is FailureCode.CONTENT_REJECTED
    assert server.accepted == stuffed(FOUR[:3])


def test_a_long_message_has_the_next_one_behind_its_dot_too() -> None:
    long = message(1, "\r\n".join(["a line of some length"] * (AT_ONCE // 20)))
    with in_a_row() as (server, row):
        assert row.send_all(FOUR[0], long, FOUR[2], FOUR[3]) == ALL_SENT
        assert row.told == 2
    assert server.accepted == stuffed([FOUR[0], long, FOUR[2], FOUR[3]])
    assert server.connections == 1


def test_the_dot_waits_for_its_own_flight_until_a_relay_has_waited_for_it_once() -> None:
    with in_a_row() as (server, row):
        for one in FOUR[:2]:
            row.send(one)
    segments = [octets for octets in server.received if octets.endswith(b"\r\n.\r\n")]
    assert segments[-1] == stuffed(FOUR)[1] + b".\r\n"
    assert stuffed(FOUR)[0] + b".\r\n" not in segments
