"""Through the application: what a relay gets to hear, and when a mail counts as sent.

Every bad server is played to the application in :mod:`tests.faults.test_through_the_app`.
"""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from tests.conftest import Clock
from tests.desk import Desk
from tests.faults.server import BadServer
from tests.mailer.pages import MailerPage, smtp
from tests.outbox.letters import attempts, queue_resets, rows
from tests.smtpd import Relay

LOGIN = {"username": "novantra", "password": "relay canary"}
MARGIN = 1.0


@pytest.fixture
def desk(
    admin_client: FlaskClient, runtime: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """Sessions end two seconds after they began: a timeout of one, and a short margin."""
    monkeypatch.setattr("app.mail.transport.DEADLINE_MARGIN", MARGIN)
    desk = Desk(MailerPage(admin_client), runtime, clock)
    yield desk
    desk.close()


def typed(server: Any, **changes: Any) -> dict[str, Any]:
    return smtp(server, **{"connection_timeout": "1"} | LOGIN | changes)


def test_tls_and_its_verification_are_on_unless_switched_off(desk: Desk) -> None:
    fields = desk.page.open("smtp").fields
    assert "secure" in fields
    assert "ignore_tls_errors" not in fields


@pytest.mark.parametrize(
    "scenario",
    ["F08", "F08-454", "F08-501", "F09", "F09-reset", "F10-old-tls", "F10-self-signed", "F11"],
)
def test_without_good_tls_nothing_is_said_that_matters(desk: Desk, scenario: str) -> None:
    with BadServer(scenario) as server:
        desk.save(**typed(server))
        desk.queue("bob@example.test")
        assert desk.step() in {StepResult.HELD, StepResult.RETRIED}
    assert set(server.commands) <= {"EHLO hr.acme.test", "STARTTLS", "QUIT"}
    assert b"relay canary" not in server.all_received
    assert b"AUTH" not in server.all_received


@pytest.mark.parametrize("login", [LOGIN, {"username": "", "password": ""}])
def test_a_relay_that_only_offers_clear_text_gets_neither_login_nor_mail(
    desk: Desk, login: dict[str, str]
) -> None:
    """It offers AUTH and takes mail; it lacks STARTTLS only, as after an attack on the way."""
    with Relay(users={"novantra": "relay canary"}) as relay:
        desk.save(**typed(relay, secure="y", **login))
        desk.queue("bob@example.test")
        assert desk.step() is StepResult.HELD
        desk.test()
        desk.check(**typed(relay, secure="y", **login))
        assert relay.auth_attempts == []
        assert relay.envelopes == []
        assert {relay.received(word) for word in ("AUTH", "MAIL", "RCPT", "DATA")} == {0}


def test_ignoring_tls_errors_still_encrypts_and_never_below_1_2(desk: Desk) -> None:
    with BadServer("F10-old-tls") as server:
        desk.save(**typed(server, ignore_tls_errors="y"))
        desk.queue("bob@example.test")
        assert desk.step() is StepResult.HELD
        assert server.auth_count == 0
    with BadServer("F10-self-signed") as server:
        desk.save(**typed(server, ignore_tls_errors="y"))
        assert desk.step() is StepResult.SENT
        assert b"AUTH" not in b"".join(server.in_clear)


def test_a_login_in_the_clear_is_a_choice(desk: Desk) -> None:
    with Relay(users={"novantra": "relay canary"}) as relay:
        desk.save(**typed(relay, secure=None))
        desk.queue("bob@example.test")
        assert desk.step() is StepResult.SENT
        assert relay.auth_attempts == [("PLAIN", "novantra", "relay canary", False)]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["F01", "F02", "F02-ehlo", "F07", "F07-line", "F07-ehlo"])
def test_neither_silence_nor_dripping_nor_floods_cost_time_or_memory(
    desk: Desk, scenario: str
) -> None:
    with BadServer(scenario) as server:
        desk.save(**typed(server))
        desk.queue("bob@example.test")
        tracemalloc.start()
        began = time.monotonic()
        assert desk.step() is StepResult.RETRIED
        took = time.monotonic() - began
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert took < 1.0 + MARGIN + 5.0, "a busy machine gets some more"
    assert peak < 8_000_000


@pytest.mark.slow
def test_the_steps_share_one_deadline(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.mail.transport.DEADLINE_MARGIN", 0.05)
    with BadServer("F02-steps") as server:  # each reply in time, all together too late
        desk.save(**typed(server, username="", password=""))
        desk.queue("bob@example.test")
        assert desk.step() is StepResult.RETRIED
    assert server.accepted == []
    assert "DATA" not in server.commands, "the session is over before the message begins"


@pytest.mark.parametrize("scenario", ["F05", "F05-reset", "F09-early", "F11", "F18-banner"])
def test_what_nobody_asked_for_ends_the_session(desk: Desk, scenario: str) -> None:
    with BadServer(scenario) as server:
        desk.save(**typed(server))
        desk.queue("bob@example.test")
        assert desk.step() is StepResult.RETRIED
    assert desk.row.last_code == "protocol_error"
    assert server.messages == []


def test_fifty_messages_and_four_workers_make_one_login(desk: Desk, runtime: Runtime) -> None:
    with BadServer("F13") as server:
        desk.save(**typed(server))
        queue_resets(runtime, [f"p{number}@example.test" for number in range(50)])
        workers = [Deliverer(runtime) for _ in range(4)]  # as separate processes: no shared gate

        def work(worker: Deliverer) -> None:
            for _ in range(20):
                worker.step()
            worker.close()

        threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.auth_count == 1
    assert desk.state == "paused"
    assert {row.state for row in rows(runtime)} == {"held"}
    assert len(attempts(runtime)) == 1


def test_a_check_and_a_test_make_one_login_each(desk: Desk) -> None:
    with BadServer("F13") as server:
        desk.check(**typed(server))
        assert server.auth_count == 1
        desk.save(**typed(server))
        assert desk.test() == "auth_bad_credentials"
        assert server.auth_count == 2


@pytest.mark.parametrize("scenario", ["F06", "F06-reset", "F06-together"])
def test_sent_is_what_the_reply_to_the_dot_says(desk: Desk, scenario: str) -> None:
    with BadServer(scenario) as server:
        desk.save(**typed(server))
        desk.queue("bob@example.test")
        assert desk.step() is StepResult.SENT
        desk.close()
        desk.wait()
        assert desk.step() is StepResult.EMPTY
        assert len(server.messages) == 1
    assert (desk.row.state, desk.row.last_reply_code) == ("sent", 250)


@pytest.mark.parametrize("scenario", ["F03-dot", "F04", "F05", "F15", "F15-sender"])
def test_anything_else_is_not_sent(desk: Desk, scenario: str) -> None:
    with BadServer(scenario) as server:
        desk.save(**typed(server))
        desk.queue("bob@example.test")
        assert desk.step() is not StepResult.SENT
    assert desk.row.state in {"queued", "held", "failed"}
    assert desk.row.sent_at is None
