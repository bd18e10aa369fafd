"""A message that cannot be sent never blocks others; dead mail is seen and can be revived."""

from __future__ import annotations

from flask.testing import FlaskClient

from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import csrf_of
from tests.outbox.letters import configure, only_row, queue_resets, rows
from tests.smtpd import Relay

PAGE = "/admin/system/mail-activity"


def test_neither_dead_nor_waiting_mail_stands_in_the_way(runtime: Runtime) -> None:
    refusals = {f"dead{n}@acme.test": "550 5.1.1 no such user" for n in range(5)}
    refusals |= {f"full{n}@acme.test": "452 4.2.2 mailbox full" for n in range(5)}
    with Relay(reject_rcpt=refusals) as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, [*refusals, "dana@acme.test"])
        while deliver_next(runtime):
            pass
        assert [received.rcpt_to for received in relay.envelopes] == ["dana@acme.test"]
        states = [row.state for row in rows(runtime)]
        assert states == ["failed"] * 5 + ["queued"] * 5 + ["sent"]


def test_a_body_whose_key_is_lost_stands_in_nobodys_way(runtime: Runtime, clock: Clock) -> None:
    with Relay() as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["sealed@acme.test"])
        with runtime.database.transaction() as session:
            row = session.merge(only_row(runtime))
            row.sealed_bytes = "v1:lost:" + (row.sealed_bytes or "").rpartition(":")[2]
        queue_resets(runtime, ["dana@acme.test"])
        while deliver_next(runtime):
            pass
        assert [received.rcpt_to for received in relay.envelopes] == ["dana@acme.test"]
        assert [row.state for row in rows(runtime)] == ["queued", "sent"]


def test_dead_mail_is_seen_and_sent_again(
    runtime: Runtime, admin_client: FlaskClient, clock: Clock
) -> None:
    with Relay(reject_rcpt={"dana@acme.test": "550 5.1.1 no such user"}) as relay:
        configure(runtime, port=relay.port)
        (name,) = queue_resets(runtime, ["dana@acme.test"])
        deliver_next(runtime)
        assert only_row(runtime).state == "failed"
        relay.reject_rcpt = {}
        page = admin_client.get(f"{PAGE}?state=failed").data
        assert name.encode() in page
        token = csrf_of(page)
        answer = admin_client.post(f"{PAGE}/{name}/retry", data={"csrf_token": token})
        assert answer.status_code == 303
        deliver_next(runtime)
        assert only_row(runtime).state == "sent"
