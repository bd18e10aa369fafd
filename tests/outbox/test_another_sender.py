"""A sender that is changed while mail waits: what waits goes out from the new one."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from flask.testing import FlaskClient

from app.mail.message import HeaderInjection, with_sender
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import change_sender, configure, notice_mail, only_row, queue_resets, rows
from tests.smtpd import Relay

MESSAGE = (
    b"Date: Sun, 22 Nov 2026 11:12:00 +0000\r\n"
    b"From: =?utf-8?b?w4VjbWU=?=\r\n <novantra@acme.test>\r\n"
    b"To: bob@acme.test\r\nSubject: From: nobody\r\n\r\nFrom: is a word\r\n\r\nFrom: too\r\n"
)


def test_only_the_from_field_changes() -> None:
    changed = with_sender(MESSAGE, name="Åcme, HR", address="hr@acme.test")
    message = message_from_bytes(changed, policy=default)
    assert message["From"].addresses[0].addr_spec == "hr@acme.test"
    assert message["From"].addresses[0].display_name == "Åcme, HR"
    assert changed.partition(b"\r\nTo: ")[2] == MESSAGE.partition(b"\r\nTo: ")[2]
    assert changed.startswith(b"Date: Sun, 22 Nov 2026 11:12:00 +0000\r\nFrom: ")


def test_a_sender_that_would_add_a_field_is_refused() -> None:
    with pytest.raises(HeaderInjection):
        with_sender(MESSAGE, name="HR\r\nBcc: eve@evil.test", address="hr@acme.test")


def test_what_waited_goes_out_from_the_new_sender_and_stays_itself(
    runtime: Runtime, clock: Clock
) -> None:
    with Relay(reject_mail="553 5.7.1 Sender address rejected: not owned by user") as relay:
        configure(runtime, port=relay.port)
        with runtime.database.transaction() as session:
            notice_mail(session, runtime, "bob@acme.test")
        assert deliver_next(runtime)
        before = only_row(runtime)
        assert (before.state, before.last_code) == ("held", "sender_rejected")
        change_sender(runtime, "hr@acme.test")
        relay.reject_mail = None
        assert deliver_next(runtime)
    (mail,) = relay.envelopes
    after = only_row(runtime)
    assert after.state == "sent"
    assert after.mail_from == mail.mail_from == "hr@acme.test"
    assert mail.message["From"].addresses[0].addr_spec == "hr@acme.test"
    assert mail.message["Message-ID"] == before.message_id == after.message_id


def test_its_page_says_that_it_was_readdressed(
    runtime: Runtime, clock: Clock, admin_client: FlaskClient
) -> None:
    with Relay() as relay:
        configure(runtime, port=relay.port)
        clock.advance(minutes=1)
        with runtime.database.transaction() as session:
            notice_mail(session, runtime, "bob@acme.test")
        page = f"/admin/system/mail-activity/{only_row(runtime).public_id}"
        assert "the sender was changed" not in admin_client.get(page).text
        clock.advance(minutes=1)
        change_sender(runtime, "hr@acme.test")
        waits = "It goes out from hr@acme.test: the sender was changed since."
        assert waits in admin_client.get(page).text
        assert deliver_next(runtime)
    shown = admin_client.get(page).text
    assert "Queued as novantra@acme.test, and re-addressed: the sender was changed" in shown
    change_sender(runtime, "people@acme.test")
    with runtime.database.transaction() as session:
        notice_mail(session, runtime, "dana@acme.test")
    newest = next(row for row in rows(runtime) if row.rcpt_to == "dana@acme.test")
    fresh = admin_client.get(f"/admin/system/mail-activity/{newest.public_id}").text
    assert "the sender was changed" not in fresh


def test_a_later_attempt_sends_the_same_bytes_again(runtime: Runtime, clock: Clock) -> None:
    with Relay(replies={".": ["451 4.3.0 try later", "451 4.3.0 try later"]}) as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["bob@acme.test"])
        change_sender(runtime, "hr@acme.test")
        for _ in range(3):
            assert deliver_next(runtime)
            clock.advance(minutes=10)
    (mail,) = relay.envelopes
    assert only_row(runtime).attempts == 3
    assert mail.message["From"].addresses[0].addr_spec == "hr@acme.test"
    assert mail.message["To"] == "bob@acme.test"
