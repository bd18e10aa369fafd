"""Mail activity: several mails at a time, asked about with their number first."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.audit.models import AuditEvent
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.factories import csrf_of
from tests.outbox.letters import queue_resets, rows
from tests.smtpd import Relay

PAGE = "/admin/system/mail-activity"


def do(client: FlaskClient, query: str) -> TestResponse:
    asked = client.get(f"{PAGE}/selected?{query}")
    assert asked.status_code == 200
    return client.post(
        f"{PAGE}/selected?{query}",
        data={"csrf_token": csrf_of(asked.data)},
        follow_redirects=True,
    )


def state_of(mail: Runtime, name: str) -> str:
    return {row.public_id: row.state for row in rows(mail)}[name]


def test_ticked_mails_are_cancelled_after_a_question_with_their_number(
    admin_client: FlaskClient, mail: Runtime
) -> None:
    names = queue_resets(mail, [f"p{n}@acme.test" for n in range(4)])
    query = f"do=cancel&mail={names[0]}&mail={names[2]}"
    asked = admin_client.get(f"{PAGE}/selected?{query}").text
    assert "Never send 2 mails?" in asked
    assert state_of(mail, names[0]) == "queued", "asking changes nothing"
    assert "2 mails were cancelled" in do(admin_client, query).text
    assert [state_of(mail, name) for name in names] == ["cancelled", "queued"] * 2
    assert all(row.sealed_bytes is None for row in rows(mail) if row.state == "cancelled")
    with mail.database.session() as look:
        event = look.scalars(
            select(AuditEvent).where(AuditEvent.tag == "outbox:cancelled-several")
        ).one()
    assert (event.actor, event.changes) == ("alice@acme.test", {"messages": 2})
    again = admin_client.get(f"{PAGE}/selected?{query}")
    assert again.status_code == 409
    assert "No mail was cancelled" in again.text


def test_what_failed_is_sent_again_and_what_cannot_be_is_counted(
    admin_client: FlaskClient, mail: Runtime, relay: Relay
) -> None:
    relay.reject_rcpt = {f"p{n}@acme.test": "550 5.1.1 no such user" for n in (1, 2)}
    names = queue_resets(mail, [f"p{n}@acme.test" for n in range(3)])
    while deliver_next(mail):
        pass
    relay.reject_rcpt = {}
    query = "do=retry&" + "&".join(f"mail={name}" for name in names)
    asked = admin_client.get(f"{PAGE}/selected?{query}").text
    assert "Send 2 mails again?" in asked
    assert "For 1 of the 3" in asked
    do(admin_client, query)
    while deliver_next(mail):
        pass
    assert {row.state for row in rows(mail)} == {"sent"}
    assert len(relay.envelopes) == 3


def test_all_that_the_filter_finds_are_cancelled_and_no_other(
    admin_client: FlaskClient, mail: Runtime
) -> None:
    queue_resets(mail, ["a@acme.test", "b@acme.test", "c@other.test"])
    answer = do(admin_client, "do=cancel&which=all&recipient=acme.test")
    assert "2 mails were cancelled" in answer.text
    assert answer.request.query_string == b"recipient=acme.test", "the filter stays"
    left = [row.rcpt_to for row in rows(mail) if row.state == "queued"]
    assert left == ["c@other.test"]


def test_nothing_ticked_is_said(admin_client: FlaskClient, mail: Runtime) -> None:
    answer = admin_client.get(f"{PAGE}/selected?do=cancel")
    assert answer.status_code == 409
    assert "No mail was ticked" in answer.text


def test_the_list_tells_how_many_there_are_and_finds_the_beginning_of_an_address(
    admin_client: FlaskClient, mail: Runtime
) -> None:
    queue_resets(mail, ["kim@acme.test", "kimberly@other.test", "lee@acme.test"])
    page = admin_client.get(PAGE).text
    assert "3 mails · 3 waiting" in page
    found = admin_client.get(PAGE, query_string={"recipient": "Kim"}).text
    assert "2 mails in this list" in found
    assert "lee@acme.test" not in found
