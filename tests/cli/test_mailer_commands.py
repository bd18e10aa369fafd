"""``flask mailer status | check | test | explain | resume``."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer import health
from app.runtime import Runtime
from tests.certificates import ca_file
from tests.conftest import Clock
from tests.mailer.pages import MailerPage, smtp
from tests.smtpd import Relay

PASSWORD = "Kanari-47 secret"


@pytest.fixture(autouse=True)
def _trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))


@pytest.fixture
def page(admin_client: FlaskClient) -> MailerPage:
    return MailerPage(admin_client)


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["mailer", *arguments])
    return result.exit_code, result.output


def test_status_is_3_while_pending(app: Flask) -> None:
    code, said = run(app, "status")
    assert code == 3
    assert "Not set up" in said
    code, said = run(app, "status", "--json")
    assert (code, json.loads(said)["state"]) == (3, "pending")


def test_status_is_0_when_healthy_and_1_when_failing_or_paused(
    app: Flask, page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    page.save(provider="smtp", sender_address="a@acme.test", host="relay.acme.test")
    assert run(app, "status")[0] == 0
    clock.advance(seconds=1)  # a failure counts against the configuration that stood before it
    with runtime.database.transaction() as session:
        health.record_failure(
            session,
            now=clock(),
            failure=Failure(FailureCode.CONNECT_REFUSED, Phase.CONNECT),
            version=1,
        )
    code, said = run(app, "status", "--json")
    facts = json.loads(said)
    assert code == 1
    assert facts["consecutive_failures"] == 1
    assert facts["last_failure_code"] == "connect_refused"
    with runtime.database.transaction() as session:
        health.pause(
            session, now=clock(), failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        )
    code, said = run(app, "status")
    assert code == 1
    assert "The relay refuses our user name and password" in said
    assert run(app, "resume") == (0, "Sending has resumed.\n")
    assert run(app, "resume") == (0, "Mail was not paused.\n")


def test_mail_is_paused_and_resumed_by_hand_with_a_reason_and_both_are_audited(
    app: Flask, page: MailerPage, session: Session
) -> None:
    page.save(provider="smtp", sender_address="a@acme.test", host="relay.acme.test")
    why = "The relay moves house <b>until noon</b>"
    assert run(app, "pause", "--why", f" {why}\n") == (0, "Mail is paused.\n")
    assert run(app, "pause") == (0, "Mail is paused already.\n")
    shown = page.open()
    assert (shown.fact("mail-state"), shown.fact("mail-health")) == ("paused", "paused")
    assert f"Mail was paused by hand, by a command on the server: {why}." in shown.words
    code, said = run(app, "status", "--json")
    assert (code, json.loads(said)["pause_why"]) == (1, why)
    page.save(host="other.acme.test")
    assert page.open().fact("mail-health") == "paused", "a save does not end what a person began"
    token = page.open().fields["csrf_token"]
    assert (
        page.client.post("/admin/system/mailer/resume", data={"csrf_token": token}).status_code
        == 303
    )
    assert page.open().fact("mail-health") == "unproven"
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    told = [(event.tag, event.actor) for event in events if event.tag != "mailer:updated"]
    assert told[-2:] == [("mailer:paused", "shell"), ("mailer:resumed", "alice@acme.test")]


def test_a_pause_before_mail_is_set_up_holds_from_the_first_save_on(
    app: Flask, page: MailerPage
) -> None:
    assert run(app, "pause", "--why", "a restored copy") == (0, "Mail is paused.\n")
    assert run(app, "status")[0] == 3
    page.save(provider="smtp", sender_address="a@acme.test", host="relay.acme.test")
    assert page.open().fact("mail-health") == "paused"
    assert run(app, "resume") == (0, "Sending has resumed.\n")


@pytest.mark.parametrize("why", ["x" * 301, "a\u202eb"])
def test_a_reason_that_no_page_could_show_is_refused(app: Flask, why: str) -> None:
    code, said = run(app, "pause", "--why", why)
    assert code == 2
    assert "--why" in said


def test_a_passed_test_does_not_end_a_pause(app: Flask, page: MailerPage) -> None:
    with Relay() as relay:
        page.save(**smtp(relay))
        run(app, "pause")
        assert run(app, "test", "--to", "ops@acme.test")[0] == 0
    assert page.open().fact("mail-health") == "paused"


def test_check_says_a_line_per_step(app: Flask, page: MailerPage) -> None:
    with Relay(tls="starttls", users={"novantra": PASSWORD}) as relay:
        page.save(**smtp(relay, username="novantra", password=PASSWORD))
        code, said = run(app, "check")
        assert code == 0
        for step in ("dns", "connect", "greeting", "tls", "auth", "mail-from", "rcpt-to"):
            assert any(line.startswith(step) for line in said.splitlines())
        assert relay.envelopes == []
        relay.replies["AUTH"] = "535 5.7.8 no"
        code, said = run(app, "check")
        assert code == 1
        assert "Code: auth_bad_credentials (535 5.7.8)" in said
        assert PASSWORD not in said


def test_test_sends_and_says_so(app: Flask, page: MailerPage) -> None:
    with Relay(tls="starttls", users={"novantra": PASSWORD}) as relay:
        page.save(**smtp(relay, username="novantra", password=PASSWORD))
        code, said = run(app, "test", "--to", "ops@acme.test")
        assert code == 0
        assert "ops@acme.test" in said
        assert relay.envelopes[0].rcpt_to == "ops@acme.test"
        assert page.open().fact("last-test-result") == "succeeded"


def test_test_exits_1_with_the_cause(app: Flask, page: MailerPage) -> None:
    with Relay(replies={"MAIL": "550 5.7.60 go away"}) as relay:
        page.save(**smtp(relay))
        code, said = run(app, "test", "--to", "ops@acme.test")
    assert code == 1
    assert "Code: sender_rejected (550 5.7.60)" in said
    assert "go away" not in said


@pytest.mark.parametrize("arguments", [["check"], ["test", "--to", "ops@acme.test"]])
def test_nothing_can_be_tried_while_pending(app: Flask, arguments: list[str]) -> None:
    code, said = run(app, *arguments)
    assert code == 2
    assert "mail is not set up yet" in said


def test_a_wrong_address_is_refused(app: Flask, page: MailerPage) -> None:
    page.save(provider="console", sender_address="a@acme.test")
    code, said = run(app, "test", "--to", "not an address")
    assert code == 2
    assert "--to" in said


def test_explain_tells_code_cause_fix_and_disposition(app: Flask) -> None:
    code, said = run(
        app, "explain", "535 5.7.8 Error: authentication failed", "--phase", "auth", "--json"
    )
    told = json.loads(said)
    assert code == 0
    assert told["code"] == "auth_bad_credentials"
    assert told["disposition"] == "pause"
    assert told["cause"]
    assert told["fix"]
    code, said = run(app, "explain", "450 4.2.0 greylisted", "--phase", "rcpt-to")
    assert code == 0
    assert "disposition: retry" in said


def test_explain_refuses_an_unknown_phase(app: Flask) -> None:
    code, said = run(app, "explain", "x", "--phase", "quit")
    assert code == 2
    assert "mail-from" in said


def test_explain_takes_a_phase_in_any_case(app: Flask) -> None:
    code, said = run(app, "explain", "502 5.5.1 Command not implemented", "--phase", "TLS")
    assert code == 0
    assert "starttls_not_offered" in said


@pytest.mark.parametrize("nothing", ["", "  \n\t "])
def test_explain_says_that_it_was_given_nothing(app: Flask, nothing: str) -> None:
    code, said = run(app, "explain", nothing)
    assert code == 2
    assert "nothing to explain" in said


def test_explain_reads_standard_input(app: Flask) -> None:
    result = app.test_cli_runner().invoke(
        args=["mailer", "explain", "-", "--json"],
        input=b"\xff\n220 relay ready\n550-5.7.1 We do not know you.\n550 5.7.1 Unable to relay\n",
    )
    assert result.exit_code == 0
    assert json.loads(result.output)["code"] == "relay_denied"
