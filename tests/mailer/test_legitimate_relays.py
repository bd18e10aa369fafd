"""Relays that are in order can be used, and those that refuse us are told for what they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.runtime import Runtime
from tests.conftest import Clock
from tests.desk import Desk
from tests.mailer.conftest import PASSWORD
from tests.mailer.pages import MailerPage, smtp
from tests.smtpd import Relay


@pytest.fixture
def desk(page: MailerPage, runtime: Runtime, clock: Clock) -> Iterator[Desk]:
    desk = Desk(page, runtime, clock)
    yield desk
    desk.close()


def login(relay: Relay, **changes: object) -> dict[str, object]:
    return smtp(relay, username="novantra", password=PASSWORD, **changes)


@pytest.mark.parametrize(
    ("mechanisms", "refusals", "used"),
    [
        (("CRAM-MD5",), 0, "CRAM-MD5"),
        (("LOGIN", "PLAIN"), 3, "LOGIN"),
    ],
)
def test_a_relay_with_few_or_broken_logins_is_used_throughout(
    desk: Desk, mechanisms: tuple[str, ...], refusals: int, used: str
) -> None:
    broken = ["504 5.7.4 Unrecognized authentication type", None] * refusals
    with Relay(
        tls="starttls",
        users={"novantra": PASSWORD},
        require_auth=True,
        mechanisms=mechanisms,
        replies={"AUTH": broken} if broken else {},
    ) as relay:
        assert set(desk.check(**login(relay)).steps().values()) == {"passed"}
        desk.save(**login(relay))
        assert desk.test() == ""
        for number in range(50):
            desk.queue(f"p{number}@example.test")
        desk.work()
        assert len(relay.envelopes) == 51
        assert [tried[0] for tried in relay.auth_attempts] == [used] * 3


def test_a_wrong_password_is_one_guess_for_many_messages(desk: Desk) -> None:
    with Relay(
        tls="starttls",
        users={"novantra": "another"},
        mechanisms=("LOGIN", "PLAIN"),
        replies={"AUTH": ["502 5.5.1 not implemented", None]},
    ) as relay:
        desk.save(**login(relay))
        for number in range(50):
            desk.queue(f"p{number}@example.test")
        desk.work()
        assert len(relay.auth_attempts) == 1
        assert desk.state == "paused"


def test_a_relay_that_only_knows_windows_logins_says_so(desk: Desk) -> None:
    with Relay(
        tls="starttls", users={"novantra": PASSWORD}, mechanisms=("GSSAPI", "NTLM")
    ) as relay:
        told = desk.check(**login(relay))
        assert told.diagnoses == ["auth_not_offered"]
        assert "GSSAPI and NTLM" in told.words
        assert "Basic authentication" in told.words
        desk.save(**login(relay))
        assert desk.test() == "auth_not_offered"
        assert "NTLM and GSSAPI" in desk.page.open().words


@pytest.mark.parametrize("certificate", ["short_key", "old_signature"])
def test_a_weak_certificate_is_not_called_unknown(desk: Desk, certificate: str) -> None:
    code = {"short_key": "cert_key_too_short", "old_signature": "cert_signature_too_old"}
    with Relay(tls="starttls", users={"novantra": PASSWORD}, certificate=certificate) as relay:
        assert desk.check(**login(relay)).diagnoses == [code[certificate]]
        desk.save(**login(relay))
        assert desk.test() == code[certificate]
        desk.queue("bob@example.test")
        desk.work()
        assert desk.state == "paused"
        assert desk.row.last_code == code[certificate]
        assert relay.auth_attempts == []


def test_a_relay_that_wants_a_full_name_leads_to_the_field_and_then_works(desk: Desk) -> None:
    refusal = "504 5.5.2 <hr.acme.test>: Helo command rejected: need fully-qualified hostname"
    with Relay(replies={"RCPT": refusal}) as relay:
        told = desk.check(**smtp(relay))
        assert told.diagnoses == ["ehlo_rejected"]
        assert 'href="#ehlo_name"' in told.text
        desk.save(**smtp(relay))
        desk.queue("bob@example.test")
        desk.work()
        assert desk.state == "paused"
        relay.replies.clear()
        desk.save(ehlo_name="mail.acme.test")
        desk.wait()
        desk.work()
        assert relay.commands[-1] != ""
        assert "EHLO mail.acme.test" in relay.commands
        assert len(relay.envelopes) == 1


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (
            "550 #5.7.1 Your access to submit messages to this mail system has been rejected.",
            "client_blocked",
        ),
        ("550 192.0.2.10 is _my_ address", "ehlo_rejected"),
    ],
)
def test_a_relay_that_refuses_us_at_the_recipient_loses_no_mail(
    desk: Desk, line: str, code: str
) -> None:
    with Relay(replies={"RCPT": line}) as relay:
        desk.save(**smtp(relay))
        desk.queue("bob@example.test")
        desk.work()
        assert (desk.state, desk.row.last_code, desk.row.state) == ("paused", code, "held")


def test_a_link_in_one_refusal_holds_no_other_mail(desk: Desk) -> None:
    line = "554 5.7.1 policy restrictions, see https://why.example.net/?id=1&ip=192.0.2.9"
    with Relay(replies={".": [None, line, None, None]}) as relay:
        desk.save(**smtp(relay))
        for number in range(4):
            desk.queue(f"p{number}@example.test")
        desk.work()
        assert desk.state == "configured"
        assert len(relay.envelopes) == 3


def test_amazons_region_is_named_wherever_a_failure_is_told(
    desk: Desk, app: Flask, admin_client: FlaskClient
) -> None:
    with Relay(tls="starttls", users={"AKIAIOSFODNN7EXAMPLE": "another"}) as relay:
        desk.save(
            provider="ses",
            region="eu-north-1",
            sender_address="novantra@acme.test",
            host="localhost",
            port=str(relay.port),
            username="AKIAIOSFODNN7EXAMPLE",
            password="B" + "A" * 43,
        )
        runner = app.test_cli_runner()
        checked = runner.invoke(args=["mailer", "check"])
        tested = runner.invoke(args=["mailer", "test", "--to", "bob@example.test"])
        desk.queue("bob@example.test")
        desk.work()
        activity = admin_client.get("/admin/system/mail-activity").get_data(as_text=True)
        detail = admin_client.get(f"/admin/system/mail-activity/{desk.row.public_id}")
    told = [checked.stderr, tested.stderr, desk.page.open().words, detail.get_data(as_text=True)]
    for words in told:
        assert "eu-north-1" in words
    for words in (*told, activity):
        assert "the chosen region" not in words
