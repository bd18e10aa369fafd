"""Mail that leaves with a token: one for all of it, renewed, and told when there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.crypto.secret import Secret
from app.mail.failures import FailureCode
from app.mail.oauth.signing import read_service_account
from app.mail.oauth.tokens import Tokens
from app.mailer.active import NOT_CONNECTED, active_mailer
from app.mailer.current_health import Health
from app.mailer.destination import Destination
from app.mailer.summary import summarise
from app.mailer.tokens import store
from app.mailer.tokens.renewing import Renewing, due
from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from tests.conftest import Clock
from tests.mailer.tokens.claims import claims_of
from tests.oauth_server import GOOD, TokenServer, html, silent
from tests.outbox.letters import attempts, health, only_row, queue_resets, rows
from tests.outbox.processes import start_worker
from tests.smtpd import Relay
from tests.tokens import (
    CLIENT,
    MAILBOX,
    SECRET,
    TENANT,
    TOKEN,
    configuration,
    connect,
    key_file,
    log_in_with,
    token_row,
    token_settings,
)


@pytest.fixture
def deliverer(runtime: Runtime) -> Iterator[Deliverer]:
    deliverer = Deliverer(runtime)
    yield deliverer
    deliverer.close()


def people(number: int) -> list[str]:
    return [f"p{index}@acme.test" for index in range(number)]


def test_an_application_sends_with_its_secret(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    log_in_with(runtime, relay)
    queue_resets(runtime, people(2))
    assert [deliverer.step(), deliverer.step()] == [StepResult.SENT, StepResult.SENT]
    assert relay.auth_attempts == [("XOAUTH2", MAILBOX, TOKEN, False)]
    assert server.paths == [f"/{TENANT}/oauth2/v2.0/token"]
    assert server.asked == [
        {
            "grant_type": "client_credentials",
            "scope": "https://outlook.office365.com/.default",
            "client_id": CLIENT,
            "client_secret": SECRET,
        }
    ]


def test_an_application_sends_with_a_certificate_that_was_made_here(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    saved = log_in_with(runtime, relay, secret=None, client_credential="certificate")
    assert saved.new_certificate
    row = configuration(runtime)
    assert row.certificate is not None
    queue_resets(runtime, people(1))
    assert deliverer.step() is StepResult.SENT
    (asked,) = server.asked
    assert "client_secret" not in asked
    header, claims = claims_of(asked["client_assertion"], row.certificate)
    assert header["alg"] == "PS256"
    assert claims["iss"] == claims["sub"] == CLIENT
    assert claims["aud"] == f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"


def test_a_person_s_connection_sends_and_is_renewed(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    log_in_with(runtime, relay, login_method="person")
    connect(runtime)
    queue_resets(runtime, people(1))
    server.answers = [(200, GOOD | {"refresh_token": "refresh-2"})]
    assert deliverer.step() is StepResult.SENT
    assert server.asked[0]["refresh_token"] == "refresh-1"
    assert server.asked[0]["client_secret"] == SECRET


def test_a_service_account_sends_for_its_mailbox(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    log_in_with(
        runtime, relay, secret=key_file(), login_method="service_account", provider="google",
        cloud=None, tenant_id=None, client_id=None, client_credential=None,
    )  # fmt: skip
    queue_resets(runtime, people(1))
    assert deliverer.step() is StepResult.SENT
    assert server.paths == ["/token"]
    assert server.asked[0]["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    private = read_service_account(key_file()).private_key.reveal()
    _, claims = claims_of(server.asked[0]["assertion"], private)
    assert claims["sub"] == MAILBOX
    assert claims["scope"] == "https://mail.google.com/"
    assert claims["aud"] == "https://oauth2.googleapis.com/token"


@pytest.mark.parametrize("mails", [40])
def test_many_mails_cost_one_renewal(
    runtime: Runtime, server: TokenServer, relay: Relay, mails: int
) -> None:
    """Each worker hangs up after every mail, so that each mail has to log in."""
    log_in_with(runtime, relay)
    queue_resets(runtime, people(mails))
    workers = [Deliverer(runtime) for _ in range(4)]

    def work(mine: Deliverer) -> None:
        idle = 0
        while idle < 40 and any(row.state != "sent" for row in rows(runtime)):
            done = mine.step()
            mine.sender.close()
            idle = idle + 1 if done.idle else 0
            time.sleep(0.02 if done.idle else 0)

    threads = [threading.Thread(target=work, args=(each,)) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for each in workers:
        each.close()
    assert {row.state for row in rows(runtime)} == {"sent"}
    assert len(relay.auth_attempts) > 4
    assert len(server.asked) == 1


@pytest.mark.process
def test_two_processes_share_one_token(runtime: Runtime, server: TokenServer, relay: Relay) -> None:
    log_in_with(runtime, relay)
    queue_resets(runtime, people(30))
    started = [
        start_worker(
            runtime.config,
            connections=2,
            NOVANTRA_OAUTH_MICROSOFT=server.base,
            NOVANTRA_RELAY_PER_MINUTE="100000",
        )
        for _ in range(2)
    ]
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and any(row.state != "sent" for row in rows(runtime)):
            time.sleep(0.1)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            _, said = process.communicate(timeout=20)
            assert TOKEN.encode() not in said
    assert {row.state for row in rows(runtime)} == {"sent"}
    assert len(server.asked) == 1


def test_a_token_is_renewed_before_its_end_and_not_earlier(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer, clock: Clock
) -> None:
    log_in_with(runtime, relay)
    for minutes, asked in ((0, 1), (40, 1), (12, 2)):
        clock.advance(minutes=minutes)
        queue_resets(runtime, people(1))
        deliverer.sender.close()
        assert deliverer.step() is StepResult.SENT
        assert len(server.asked) == asked, minutes


def test_a_short_lived_token_is_not_asked_for_with_every_mail(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer, clock: Clock
) -> None:
    server.answers = [(200, GOOD | {"expires_in": 300})]
    log_in_with(runtime, relay)
    for _ in range(3):
        clock.advance(seconds=30)
        queue_resets(runtime, people(1))
        deliverer.sender.close()
        assert deliverer.step() is StepResult.SENT
    assert len(server.asked) == 1


def test_a_refused_token_is_renewed_once_for_all(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    log_in_with(runtime, relay)
    server.answers = [(200, GOOD | {"access_token": "withdrawn"}), (200, dict(GOOD))]
    queue_resets(runtime, people(3))
    assert [deliverer.step() for _ in range(3)] == [StepResult.SENT] * 3
    assert [attempt[2] for attempt in relay.auth_attempts] == ["withdrawn", TOKEN]
    assert len(server.asked) == 2


def test_a_mailbox_that_refuses_every_token_pauses_after_two(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    relay.users = {MAILBOX: "another"}
    log_in_with(runtime, relay)
    queue_resets(runtime, people(50))
    assert deliverer.step() is StepResult.HELD
    for _ in range(5):
        deliverer.step()
    assert len(relay.auth_attempts) == 2
    assert len(attempts(runtime)) == 1
    assert health(runtime).pause_code == FailureCode.OAUTH_REJECTED
    assert health(runtime).pause_phase == "auth"


@pytest.mark.parametrize(
    ("status", "values", "code", "chip"),
    [
        (401, {"error": "invalid_client", "error_codes": [7000215]}, "oauth_rejected", "7000215"),
        (400, {"error": "invalid_grant", "error_codes": [53003]}, "auth_policy", "53003"),
        (400, {"error": "invalid_grant", "error_codes": [50053]}, "account_blocked", "50053"),
        (400, {"error": "unauthorized_client", "error_codes": [99999]}, "oauth_rejected", "99999"),
        (400, {"error": "invalid_scope"}, "oauth_rejected", "invalid_scope"),
        (400, {"error": "hr@acme.test"}, "oauth_rejected", None),
    ],
)  # fmt: skip
def test_a_refusal_of_the_service_pauses_with_a_code_of_ours(
    runtime: Runtime,
    server: TokenServer,
    relay: Relay,
    deliverer: Deliverer,
    status: int,
    values: dict[str, Any],
    code: str,
    chip: str | None,
) -> None:
    chip = f"AADSTS{chip}" if chip and chip.isdecimal() else chip
    told = "AADSTS: user hr@acme.test of tenant Canary Corp"
    server.answers = [(status, values | {"error_description": told})]
    log_in_with(runtime, relay)
    queue_resets(runtime, people(3))
    assert deliverer.step() is StepResult.HELD
    deliverer.step()
    assert len(server.asked) == 1
    assert relay.auth_attempts == []
    row = health(runtime)
    assert (row.pause_code, row.pause_phase) == (code, "token")
    assert (token_row(runtime).failed_code, token_row(runtime).failed_chip) == (code, chip)
    with runtime.database.session(reading=True) as session:
        summary = summarise(session, runtime)
        dump = str(session.execute(text("SELECT * FROM mailer_tokens")).all())
    assert summary.mail.health is Health.PAUSED
    assert summary.token.state == "broken"
    assert summary.token.chip == chip
    said = dump + summary.mail.cause + summary.mail.step
    assert "Canary" not in said
    assert "hr@acme.test" not in said


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((503, {"error": "temporarily_unavailable"}), "auth_temporary"),
        ((400, {"error": "invalid_request", "error_codes": [50196]}), "rate_limited"),
        (html(502), "auth_temporary"),
        (html(200), "protocol_error"),
    ],
)
def test_a_service_in_trouble_is_asked_again_later_and_not_by_every_mail(
    runtime: Runtime,
    server: TokenServer,
    relay: Relay,
    deliverer: Deliverer,
    clock: Clock,
    answer: Any,
    code: str,
) -> None:
    server.answers = [answer]
    log_in_with(runtime, relay)
    queue_resets(runtime, people(1))
    with runtime.database.transaction() as session:
        session.execute(text("UPDATE outbox_messages SET due_at = created_at"))
    assert deliverer.step() is StepResult.RETRIED
    assert only_row(runtime).last_code == code
    assert only_row(runtime).state == "queued"
    clock.advance(seconds=2)
    queue_resets(runtime, people(5))
    for _ in range(5):
        deliverer.step()
    assert len(server.asked) == 1, "the others heard of it without asking"
    server.answers = [(200, dict(GOOD))]
    clock.advance(minutes=30)
    for _ in range(12):
        deliverer.step()
    assert {row.state for row in rows(runtime)} == {"sent"}
    assert len(server.asked) == 2
    with runtime.database.session(reading=True) as session:
        assert summarise(session, runtime).token.state == "connected"


def test_the_present_token_does_while_the_service_has_trouble(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer, clock: Clock
) -> None:
    log_in_with(runtime, relay)
    queue_resets(runtime, people(1))
    assert deliverer.step() is StepResult.SENT
    server.answers = [(503, {"error": "temporarily_unavailable"})]
    clock.advance(minutes=52)
    queue_resets(runtime, people(1))
    deliverer.sender.close()
    assert deliverer.step() is StepResult.SENT
    assert len(server.asked) == 2


def test_a_silent_service_is_given_up_within_the_deadline(
    runtime: Runtime, server: TokenServer, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.mail.oauth.call.WAIT", 1.0)
    server.answers = [silent]
    log_in_with(runtime, relay)
    queue_resets(runtime, people(1))
    deliverer, began = Deliverer(runtime), time.monotonic()
    assert deliverer.step() is StepResult.RETRIED
    deliverer.close()
    assert time.monotonic() - began < 10
    assert only_row(runtime).last_phase == "token"


def test_a_new_refresh_token_is_on_the_disk_before_the_access_token_is_used(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    log_in_with(runtime, relay, login_method="person")
    connect(runtime)
    before = token_row(runtime).refresh_sealed
    server.answers = [(200, GOOD | {"refresh_token": "refresh-2"})]
    seen: list[bool] = []
    take = relay.users

    class Watched(dict[str, str]):
        def get(self, *arguments: Any) -> Any:
            seen.append(token_row(runtime).refresh_sealed != before)
            return take.get(*arguments)

    relay.users = Watched(take)
    queue_resets(runtime, people(1))
    assert deliverer.step() is StepResult.SENT
    assert seen == [True]
    clock_on(runtime, hours=2)
    queue_resets(runtime, people(1))
    deliverer.sender.close()
    deliverer.step()
    assert server.asked[1]["refresh_token"] == "refresh-2"


def test_an_answer_without_a_refresh_token_leaves_the_old_one(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    log_in_with(runtime, relay, login_method="person")
    connect(runtime)
    for _ in range(2):
        queue_resets(runtime, people(1))
        deliverer.sender.close()
        assert deliverer.step() is StepResult.SENT
        clock_on(runtime, hours=2)
    assert [form["refresh_token"] for form in server.asked] == ["refresh-1", "refresh-1"]


def clock_on(runtime: Runtime, **parts: float) -> None:
    assert isinstance(runtime.clock, Clock)
    runtime.clock.advance(**parts)


def test_before_somebody_signs_in_mail_is_held_and_goes_out_after(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    log_in_with(runtime, relay, login_method="person")
    queue_resets(runtime, people(2))
    assert deliverer.step() is StepResult.STOPPED
    assert server.asked == []
    with runtime.database.session(reading=True) as session:
        found = summarise(session, runtime)
        active = active_mailer(session, runtime)
    assert active is not None
    assert active.problem == NOT_CONNECTED
    assert (found.mail.health, found.mail.held, found.mail.words) == (
        Health.FAILING, True, "Not connected",
    )  # fmt: skip
    assert (found.token.state, found.token.needs_person) == ("none", True)
    connect(runtime)
    assert deliverer.step() is StepResult.SENT
    assert rows(runtime)[0].state == "sent"


def test_a_configuration_that_was_saved_meanwhile_gets_no_token_of_the_one_before(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer
) -> None:
    log_in_with(runtime, relay)
    queue_resets(runtime, people(1))

    def saved_in_between(handler: Any) -> None:
        log_in_with(runtime, relay, tenant_id="other.test", secret="another-secret")
        body = b'{"access_token":"t0ken-for-the-old","token_type":"Bearer","expires_in":3599}'
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )

    server.answers = [saved_in_between, (200, dict(GOOD))]
    assert deliverer.step() is StepResult.RETRIED
    assert relay.auth_attempts == []
    assert token_row(runtime).access_sealed is None
    deliverer.step()
    assert only_row(runtime).state == "sent"
    assert server.paths[1] == "/other.test/oauth2/v2.0/token"
    assert server.asked[1]["client_secret"] == "another-secret"


def test_once_a_day_the_tokens_are_renewed_also_when_nothing_is_sent(
    runtime: Runtime, server: TokenServer, relay: Relay, clock: Clock
) -> None:
    log_in_with(runtime, relay, login_method="person")
    connect(runtime)
    assert any(isinstance(chore, Renewing) for chore in runtime.chores)
    assert Renewing()(runtime) is False
    clock.advance(hours=23)
    assert due(runtime) is None
    clock.advance(hours=2)
    first, second = due(runtime), due(runtime)
    assert first is not None
    assert second is not None
    assert Renewing()(runtime) is True
    assert second.renew(5, unless_since=clock() - timedelta(days=1)) is False, "somebody did it"
    assert len(server.asked) == 1
    server.answers = [(400, {"error": "invalid_grant", "error_codes": [700082]})]
    clock.advance(hours=25)
    assert Renewing()(runtime) is False
    with runtime.database.session(reading=True) as session:
        found = summarise(session, runtime)
    assert (found.token.state, found.token.chip) == ("broken", "AADSTS700082")
    assert found.token.needs_person
    assert (found.mail.health, found.mail.words) == (Health.FAILING, "No token")
    clock.advance(hours=2)
    assert due(runtime) is None, "a person must act; it is asked again tomorrow"


def test_a_claim_whose_process_died_is_taken_over(
    runtime: Runtime, server: TokenServer, relay: Relay, deliverer: Deliverer, clock: Clock
) -> None:
    log_in_with(runtime, relay)
    where = str(Destination.of(token_settings(relay)))
    with runtime.database.transaction() as session:
        died = store.claim(session, where, clock())
        assert died is not None
        assert store.claim(session, where, clock()) is None
    clock.advance(minutes=3)
    queue_resets(runtime, people(1))
    assert deliverer.step() is StepResult.SENT
    with runtime.database.transaction() as session:
        late = Tokens(Secret("late-t0ken"), clock())
        assert not store.keep(session, runtime.box, died, late, clock()), "its fence is over"
