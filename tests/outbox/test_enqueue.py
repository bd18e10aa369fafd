"""What is fixed when a mail is queued."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from app.crypto.box import SealBroken
from app.mailer.active import MailPending
from app.outbox.wakeup import waker_of
from app.runtime import Runtime
from app.sealing import OUTBOX_BYTES
from tests.outbox.letters import LINK, SECRET, configure, notice_mail, only_row, reset_mail, rows


def test_a_mail_is_fixed_when_it_is_queued(mail: Runtime) -> None:
    until = mail.now() + timedelta(minutes=30)
    with mail.database.transaction() as session:
        reset_mail(session, mail, "Dana@ACME.test", expires_at=until)
    row = only_row(mail)
    assert (row.state, row.kind, row.label) == ("queued", "password-reset", "Password reset")
    assert (row.mail_from, row.rcpt_to) == ("novantra@acme.test", "Dana@acme.test")
    assert (row.rcpt_key, row.rcpt_domain) == ("dana@acme.test", "acme.test")
    assert row.message_id.endswith("@acme.test>")
    assert row.expires_at == until
    content = mail.box.open(row.sealed_bytes or "", OUTBOX_BYTES.place_in(row))
    assert len(content) == row.size
    message = message_from_bytes(content, policy=default)
    assert message["Message-ID"] == row.message_id
    assert message["To"] == "Dana@acme.test"
    plain = message.get_body(("plain",))
    assert plain is not None
    assert LINK in plain.get_content()
    # What the install says of itself carries none of the joiners that keep typed words inert.
    assert "hr.acme.test" in plain.get_content().replace(LINK, "")


def test_the_bytes_open_in_no_other_row(mail: Runtime) -> None:
    with mail.database.transaction() as session:
        first = reset_mail(session, mail, "dana@acme.test")
        second = reset_mail(session, mail, "kim@acme.test")
    with pytest.raises(SealBroken):
        mail.box.open(first.sealed_bytes or "", OUTBOX_BYTES.place_in(second))


def test_nothing_in_a_row_shows_the_link(mail: Runtime) -> None:
    with mail.database.transaction() as session:
        reset_mail(session, mail, "dana@acme.test")
    row = only_row(mail)
    values = [getattr(row, column.name) for column in row.__table__.columns]
    assert all(SECRET not in str(value) for value in values)


def test_while_mail_is_pending_nothing_is_queued(runtime: Runtime) -> None:
    with runtime.database.session() as session, pytest.raises(MailPending):
        reset_mail(session, runtime, "dana@acme.test")
    assert rows(runtime) == []


def test_mail_that_people_wait_for_goes_in_the_express_lane(mail: Runtime) -> None:
    with mail.database.transaction() as session:
        assert reset_mail(session, mail, "dana@acme.test").lane == 0
        assert notice_mail(session, mail, "dana@acme.test").lane == 1


def test_workers_are_woken_by_the_commit_and_not_before(mail: Runtime) -> None:
    bell = waker_of(mail.wake_worker).bell
    before = bell.rung
    with mail.database.transaction() as session:
        with session.begin_nested():
            reset_mail(session, mail, "dana@acme.test")
        assert bell.rung == before
    assert bell.rung == before + 1


def test_a_rollback_wakes_nobody(mail: Runtime) -> None:
    bell = waker_of(mail.wake_worker).bell
    before = bell.rung
    with mail.database.session() as session:
        reset_mail(session, mail, "dana@acme.test")
        session.rollback()
    assert bell.rung == before
    assert rows(mail) == []


def test_another_sender_address_is_used_by_the_next_mail(mail: Runtime) -> None:
    with mail.database.transaction() as session:
        old = reset_mail(session, mail, "dana@acme.test")
    configure(mail, provider="console")
    with mail.database.transaction() as session:
        new = reset_mail(session, mail, "dana@acme.test")
    assert old.message_id != new.message_id
    assert new.mail_from == "novantra@acme.test"
