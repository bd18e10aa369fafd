"""A message that is promised to a connection, and told to its relay, is begun like any other."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from app.mailer.health import pause_by_hand
from app.outbox import hand, promises
from app.outbox.hand import Hand, Outcome
from app.outbox.taken import Claim
from app.outbox.threads import Drain
from app.outbox.worker import Deliverer
from app.runtime import Runtime
from tests.faults.scenarios import Scenario, Step
from tests.faults.server import BadServer, Peer
from tests.outbox.letters import ALICE, configure, notice_mail, queue_resets, rows

FOUR = [f"p{number}@acme.test" for number in range(4)]


class Relays(dict[str, Step]):
    """What the relay does when it has the first of the four: its content is there, and so is the
    envelope of the second."""

    def at_the_first(self, does: Callable[[], None], reply: bytes = b"") -> None:
        def answer(peer: Peer) -> None:
            does()
            if reply:
                peer.say(reply)
            else:
                peer.server.queued(peer)

        self["."] = [answer]


@pytest.fixture
def steps() -> Relays:
    return Relays(banner=b"220 bad.example.test ESMTP Postfix\r\n")


@pytest.fixture
def server(steps: Relays) -> Iterator[BadServer]:
    """It offers PIPELINING."""
    with BadServer(Scenario("as the test says", steps), besides=(b"PIPELINING",)) as server:
        yield server


@pytest.fixture
def deliverer(runtime: Runtime, server: BadServer) -> Iterator[Deliverer]:
    """Its connection has carried a message, and it holds four more."""
    configure(runtime, port=server.port)
    queue_resets(runtime, ["first@acme.test"])
    deliverer = Deliverer(runtime, connections=2)
    deliverer.step()
    queue_resets(runtime, FOUR)
    deliverer.turn(room=4)
    yield deliverer
    deliverer.close()


def send(deliverer: Deliverer) -> None:
    """What one connection does until it has nothing promised any more."""
    claim = deliverer.hand.take_now()
    assert claim is not None
    deliverer.offer(claim)


def states(runtime: Runtime) -> list[str]:
    return [row.state for row in rows(runtime)[1:]]


def told(server: BadServer) -> list[str]:
    """Of the four, whose envelope the relay was sent."""
    found = re.findall(rb"RCPT TO:<(p\d@acme.test)>", server.all_received)
    return [address.decode() for address in found]


def test_one_connection_goes_on_with_what_its_relay_was_told(
    runtime: Runtime, server: BadServer, deliverer: Deliverer
) -> None:
    send(deliverer)
    deliverer.turn(room=0)
    assert states(runtime) == ["sent"] * 4
    assert [row.attempts for row in rows(runtime)] == [1] * 5
    assert told(server) == FOUR
    assert (server.connections, len(server.accepted)) == (1, 5)


def assert_the_others_went_back(runtime: Runtime, server: BadServer) -> None:
    assert told(server) == FOUR[:2]
    assert len(server.messages) == 2, "the second of the four was told, and never left"
    assert [row.attempts for row in rows(runtime)[2:]] == [0] * 3


def test_what_was_told_goes_back_when_sending_stops(
    runtime: Runtime, server: BadServer, deliverer: Deliverer, steps: Relays
) -> None:
    steps.at_the_first(deliverer.stop)
    send(deliverer)
    deliverer.turn(room=0)
    assert states(runtime) == ["sent", "queued", "queued", "queued"]
    assert_the_others_went_back(runtime, server)
    assert deliverer.hand.is_over()


def test_what_was_told_goes_back_when_mail_is_paused(
    runtime: Runtime, server: BadServer, deliverer: Deliverer, steps: Relays
) -> None:
    def pause() -> None:
        with runtime.database.transaction() as session:
            pause_by_hand(session, now=runtime.now(), actor=ALICE)
        deliverer.turn(room=4)

    steps.at_the_first(pause)
    send(deliverer)
    while not deliverer.step().idle:
        pass
    assert states(runtime) == ["sent", "held", "held", "held"]
    assert_the_others_went_back(runtime, server)


def test_what_was_told_goes_back_when_the_relay_refuses_for_now(
    runtime: Runtime, server: BadServer, deliverer: Deliverer, steps: Relays
) -> None:
    steps.at_the_first(lambda: None, b"451 4.3.0 try again later\r\n")
    send(deliverer)
    deliverer.turn(room=0)
    assert states(runtime) == ["queued"] * 4
    assert [row.attempts for row in rows(runtime)[1:]] == [1, 0, 0, 0]
    assert_the_others_went_back(runtime, server)


def test_what_was_told_is_sent_though_the_one_before_was_refused_for_good(
    runtime: Runtime, server: BadServer, deliverer: Deliverer, steps: Relays
) -> None:
    steps.at_the_first(lambda: None, b"550 5.7.1 not this one\r\n")
    send(deliverer)
    deliverer.turn(room=0)
    assert states(runtime) == ["failed", "sent", "sent", "sent"]
    assert server.connections == 1


def test_what_was_told_too_long_ago_is_asked_for_anew(
    runtime: Runtime,
    server: BadServer,
    deliverer: Deliverer,
    steps: Relays,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So a mail that was withdrawn meanwhile is not sent."""
    runtime.still_stands["test"] = lambda _session, _which, _now: False
    with monkeypatch.context() as late:
        steps.at_the_first(lambda: late.setattr(hand, "FRESH", 0.0))
        send(deliverer)
        assert deliverer.hand.take_now() is None
    with runtime.database.transaction() as session:
        session.execute(
            text("UPDATE outbox_messages SET stands_on = 'test:gone' WHERE rcpt_to = :to"),
            {"to": FOUR[1]},
        )
    deliverer.turn(room=4)
    send(deliverer)
    send(deliverer)  # on a connection of its own nothing is told behind the first
    deliverer.turn(room=0)
    assert states(runtime) == ["sent", "cancelled", "sent", "sent"]
    assert len(server.accepted) == 4
    assert not any(FOUR[1].encode() in body for body in server.messages)


def test_nothing_more_is_begun_while_many_outcomes_are_not_written_down(
    runtime: Runtime,
    server: BadServer,
    deliverer: Deliverer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hand, "UNWRITTEN", 1)
    send(deliverer)  # waits for books that nobody opens
    deliverer.turn(room=0)
    assert states(runtime) == ["sent", "queued", "sending", "sending"]
    assert told(server) == FOUR[:2]
    assert len(server.messages) == 2


def test_a_whole_queue_goes_out_once_each(runtime: Runtime, server: BadServer) -> None:
    configure(runtime, port=server.port)
    queue_resets(runtime, [f"q{number}@acme.test" for number in range(120)])
    Drain(runtime).run(3)
    assert {row.state for row in rows(runtime)} == {"sent"}
    assert len(server.accepted) == len(set(server.accepted)) == 120
    assert server.connections <= 6, "a connection is left when it carried fifty"


def promised(deliverer: Deliverer) -> Claim:
    claim = deliverer.hand.promise()
    assert claim is not None
    return claim


def addressee(claim: Claim | None) -> str | None:
    return claim.envelope.rcpt_to if claim is not None else None


def test_a_promise_is_kept_once(deliverer: Deliverer) -> None:
    claim = promised(deliverer)
    assert addressee(claim) == FOUR[0]
    assert addressee(deliverer.hand.take_now()) == FOUR[1]
    assert deliverer.hand.keep(claim)
    assert not deliverer.hand.keep(claim)


def test_a_promise_to_a_slow_connection_goes_to_the_next_that_is_free(
    deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promises, "PATIENT", 0.0)
    claim = promised(deliverer)
    assert deliverer.hand.take_now() is claim
    assert not deliverer.hand.keep(claim)


def test_a_connection_that_waits_is_woken_when_another_is_too_slow(
    deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promises, "PATIENT", 0.05)
    while len(deliverer.hand._promised) < 4:
        promised(deliverer)
    taken: list[Claim | None] = []
    waits = threading.Thread(target=lambda: taken.append(deliverer.hand.take()), daemon=True)
    waits.start()
    waits.join(5)
    assert len(taken) == 1
    assert taken[0] is not None


def test_nothing_is_promised_while_another_connection_waits_for_it(deliverer: Deliverer) -> None:
    deliverer.hand._idle = 1
    assert deliverer.hand.promise() is None
    deliverer.hand._idle = 0
    assert deliverer.hand.promise() is not None


def test_express_mail_is_promised_before_what_was_claimed_before_it(
    runtime: Runtime, deliverer: Deliverer
) -> None:
    while deliverer.hand.take_now() is not None:
        deliverer.hand._under_way = 0
    with runtime.database.transaction() as session:
        notice_mail(session, runtime, "notice@acme.test")
    deliverer.turn(room=1)
    queue_resets(runtime, ["reset@acme.test"])
    deliverer.turn(room=1)
    assert addressee(deliverer.hand.promise()) == "reset@acme.test"
    assert addressee(deliverer.hand.promise()) == "notice@acme.test"
    assert deliverer.hand.promise() is None


@pytest.mark.parametrize("sign", [Hand.halt, Hand.stop, Hand.recall])
def test_a_sign_that_mail_may_not_go_out_ends_every_promise(
    deliverer: Deliverer, sign: Callable[[Hand], object]
) -> None:
    claim = promised(deliverer)
    recalled = sign(deliverer.hand) or deliverer.hand.open().undone
    assert isinstance(recalled, list)
    assert sorted(addressee(each) or "" for each in recalled) == FOUR
    assert not deliverer.hand.keep(claim)


def test_a_later_claim_of_the_same_message_is_not_the_one_that_was_promised(
    deliverer: Deliverer,
) -> None:
    claim = promised(deliverer)
    deliverer.hand.halt()
    deliverer.turn(room=4)
    deliverer.turn(room=4)
    again = promised(deliverer)
    assert (again.id, again is claim) == (claim.id, False)
    assert not deliverer.hand.keep(claim)
    assert deliverer.hand.keep(again)


def test_more_connections_than_the_relay_allows_keep_no_promise(deliverer: Deliverer) -> None:
    claim = promised(deliverer)
    assert deliverer.hand.take_now() is not None
    deliverer.hand.allow(1)
    assert not deliverer.hand.keep(claim)
    deliverer.hand.bring(Outcome(claim, reason="over"), 0.01)
    assert deliverer.hand.take_now() is claim, "it is the next"
