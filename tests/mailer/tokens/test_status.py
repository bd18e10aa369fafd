"""How a login with tokens stands: one answer for pages, commands, endpoints and numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.mail.failures import FailureCode
from app.mail.oauth.refused import TokenRefused
from app.mailer.check import run_check
from app.mailer.configuration import settings_of, usable_secret
from app.mailer.settings import KEEP, Settings
from app.mailer.tokens import store
from app.mailer.tokens.source import check_tokens
from app.mailer.tokens.status import TokenStatus, endings, token_status
from app.outbox.worker import Deliverer
from app.runtime import Runtime
from tests.conftest import Clock
from tests.oauth_server import GOOD, TokenServer
from tests.outbox.letters import configure, queue_resets
from tests.smtpd import Relay
from tests.tokens import MAILBOX, configuration, connect, log_in_with, token_row


def status(runtime: Runtime) -> TokenStatus:
    with runtime.database.session(reading=True) as session:
        return token_status(session, runtime)


def send(runtime: Runtime) -> None:
    queue_resets(runtime, ["dana@acme.test"])
    deliverer = Deliverer(runtime)
    deliverer.step()
    deliverer.close()


def test_a_password_has_no_token(runtime: Runtime) -> None:
    assert status(runtime).state == "none"
    configure(runtime, username="novantra", password="pw")
    assert (status(runtime).state, status(runtime).needs_person) == ("none", False)


def test_from_nothing_to_a_token_to_none_and_back(
    runtime: Runtime, server: TokenServer, relay: Relay, clock: Clock
) -> None:
    log_in_with(runtime, relay)
    assert status(runtime).state == "none"
    send(runtime)
    found = status(runtime)
    assert (found.state, found.connected_as, found.cause) == ("connected", MAILBOX, "")
    assert found.access_ends == found.renewed_at + timedelta(seconds=3599)  # type: ignore[operator]
    server.answers = [(401, {"error": "invalid_client", "error_codes": [7000222]})]
    clock.advance(hours=2)
    send(runtime)
    found = status(runtime)
    assert (found.state, found.code, found.chip) == (
        "broken", FailureCode.OAUTH_REJECTED, "AADSTS7000222",
    )  # fmt: skip
    log_in_with(runtime, relay, secret="a-new-one")
    assert (status(runtime).state, status(runtime).code) == ("none", None)


@pytest.mark.parametrize(
    ("days", "within", "level"),
    [(31, None, "quiet"), (30, 30, "warn"), (15, 30, "warn"), (14, 14, "warn"), (4, 14, "warn"),
     (3, 3, "bad"), (1, 3, "bad"), (0, 3, "bad"), (-1, 0, "bad"), (-400, 0, "bad")],
)  # fmt: skip
def test_an_end_is_told_thirty_fourteen_and_three_days_ahead(
    clock: Clock, days: int, within: int | None, level: str
) -> None:
    clock.time = clock.time.replace(hour=0, minute=0, second=0)
    ends = (clock() + timedelta(days=days)).date().isoformat()
    settings = Settings("microsoft365", login_method="app", client_id="x", client_secret_ends=ends)
    (found,) = endings(settings, None, clock())
    assert (found.days_left, found.within, found.level) == (days, within, level)
    assert "client secret" in found.words


def test_the_earliest_end_is_told_everywhere(
    runtime: Runtime,
    server: TokenServer,
    relay: Relay,
    clock: Clock,
    app: Flask,
    admin_client: FlaskClient,
) -> None:
    ends = (clock() + timedelta(days=10)).date().isoformat()
    log_in_with(runtime, relay, client_secret_ends=ends)
    send(runtime)
    found = status(runtime)
    assert found.state == "expiring"
    (warning,) = found.warnings
    assert warning.within == 14
    told = app.test_cli_runner().invoke(args=["mailer", "status"])
    assert warning.words in told.output
    assert told.exit_code == 0, "mail works"
    said = json.loads(app.test_cli_runner().invoke(args=["mailer", "status", "--json"]).output)
    assert said["token"]["state"] == "expiring"
    assert said["token"]["warnings"] == [warning.words]
    ready = admin_client.get("/readyz").json
    assert ready["mail"]["token"] == "expiring"
    assert ready["mail"]["token_ends_at"].startswith(ends)
    assert ready["mail"]["token_warnings"] == [warning.words]
    numbers = admin_client.get("/metrics").get_data(as_text=True)
    assert 'novantra_mail_token{token="expiring"} 1.0' in numbers
    end = f"{warning.at.timestamp()}"
    assert float(end) == pytest.approx(
        float(numbers.split("novantra_mail_token_ends_timestamp_seconds ")[-1].split("\n")[0])
    )


def test_a_certificate_of_ours_has_an_end_too(
    runtime: Runtime, server: TokenServer, relay: Relay, clock: Clock
) -> None:
    log_in_with(runtime, relay, secret=None, client_credential="certificate")
    send(runtime)
    assert status(runtime).state == "connected"
    assert status(runtime).ends == configuration(runtime).certificate_ends_at
    clock.advance(days=715)
    assert status(runtime).state == "expiring"
    assert "certificate" in status(runtime).warnings[0].words
    clock.advance(days=20)
    assert status(runtime).state == "broken"


def test_a_client_secret_s_end_is_no_end_of_a_certificate(
    runtime: Runtime, relay: Relay, server: TokenServer
) -> None:
    log_in_with(
        runtime, relay, secret=None, client_credential="certificate",
        client_secret_ends="2020-01-01",
    )  # fmt: skip
    assert [ending.what for ending in status(runtime).warnings] == []


def test_tokens_of_another_destination_do_not_count(
    runtime: Runtime, server: TokenServer, relay: Relay
) -> None:
    log_in_with(runtime, relay, login_method="person")
    connect(runtime)
    assert status(runtime).state == "connected"
    log_in_with(runtime, relay, login_method="person", username="other@acme.test")
    found = status(runtime)
    assert (found.state, found.needs_person, found.connected_as) == ("none", True, None)


def test_a_passing_fault_breaks_nothing(
    runtime: Runtime, server: TokenServer, relay: Relay, clock: Clock
) -> None:
    log_in_with(runtime, relay)
    send(runtime)
    server.answers = [(503, {"error": "temporarily_unavailable"})]
    clock.advance(hours=2)
    send(runtime)
    assert status(runtime).state == "connected"
    assert status(runtime).code is FailureCode.AUTH_TEMPORARY


def test_how_long_a_service_wants_to_rest_is_believed_within_bounds(
    runtime: Runtime, server: TokenServer, relay: Relay, clock: Clock
) -> None:
    for asked, rest in ((None, 15), (1, 15), (120, 120), (999_999, 900), (10**30, 900)):
        log_in_with(runtime, relay, secret=f"secret-{asked}")
        server.answers = [(503, {"error": "temporarily_unavailable"})]
        server.headers = {} if asked is None else {"Retry-After": str(asked)}
        send(runtime)
        row = token_row(runtime)
        assert row.ask_again_at is not None
        assert row.failed_at is not None
        assert (row.ask_again_at - row.failed_at).total_seconds() == rest
        clock.advance(hours=1)


def test_a_check_asks_a_service_that_rests(
    runtime: Runtime, server: TokenServer, relay: Relay
) -> None:
    """Who presses the button wants to know how it is now, and what it finds is told everywhere."""
    log_in_with(runtime, relay)
    server.answers = [(503, {"error": "temporarily_unavailable"}), (200, dict(GOOD))]
    send(runtime)
    assert status(runtime).code is FailureCode.AUTH_TEMPORARY
    row = configuration(runtime)
    settings = settings_of(row)
    secret = usable_secret(row, runtime.box, settings, KEEP)
    source = check_tokens(runtime, settings, KEEP, secret, row=row, tokens=token_row(runtime))
    found = run_check(settings, secret, access_host="x", recipient="a@acme.test", tokens=source)
    assert found.ok
    assert (status(runtime).state, status(runtime).code) == ("connected", None)


def test_what_a_failure_row_holds_is_made_of_our_words(
    runtime: Runtime, server: TokenServer, relay: Relay
) -> None:
    log_in_with(runtime, relay)
    with runtime.database.transaction() as session:
        claimed = store.claim(session, "{}", runtime.now())
        assert claimed is not None
        why = TokenRefused(word="<script>", number=None, status=400)
        store.note_failure(
            session, claimed, code=why.code, chip=why.chip, now=runtime.now(), ask_again_at=None
        )
    assert (token_row(runtime).failed_code, token_row(runtime).failed_chip) == (
        "oauth_rejected", None,
    )  # fmt: skip


def test_a_day_that_somebody_typed_is_told_as_that_and_not_as_what_happened() -> None:
    """A secret that was renewed at the service, whose date here is old, gives tokens on and on."""
    typed = Settings("microsoft365", login_method="app", client_id="x")
    noted = replace(typed, client_secret_ends="2026-01-10")
    (found,) = endings(noted, None, datetime(2026, 2, 1, tzinfo=UTC))
    assert "was to end on 10 January 2026, by the date that was typed here" in found.words
    assert "no new token" not in found.words
    own = replace(typed, client_credential="certificate")
    (found,) = endings(own, datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    assert "no new token can be had with it" in found.words
