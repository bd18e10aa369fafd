"""While paused, mail is held, counted and shown; afterwards it goes out oldest first."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient

from app.mailer.health import resume
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import ALICE, configure, notice_mail, queue_resets, rows
from tests.smtpd import Relay


def test_held_counted_shown_and_sent_in_order(
    runtime: Runtime, admin_client: FlaskClient, clock: Clock
) -> None:
    with Relay(users={"novantra": "right"}, require_auth=True) as relay:
        configure(runtime, port=relay.port, username="novantra", password="wrong")
        queue_resets(runtime, ["first@acme.test"])
        deliver_next(runtime)
        with runtime.database.transaction() as session:
            notice_mail(session, runtime, "second@acme.test")
        clock.advance(seconds=1)
        queue_resets(runtime, ["code@acme.test"], expires_at=clock() + timedelta(minutes=10))
        queue_resets(runtime, ["fourth@acme.test"])

        for _ in range(5):
            deliver_next(runtime)
        assert {row.state for row in rows(runtime)} == {"held"}
        assert len(relay.auth_attempts) == 1
        with runtime.database.session() as session:
            summary = runtime.queue_summary(session)
        assert summary.waiting == 4
        assert summary.oldest_at == rows(runtime)[0].created_at
        page = admin_client.get("/admin/system/mail-activity").get_data(as_text=True)
        assert page.count("Paused: ") == 4
        assert "4 waiting" in page

        clock.advance(minutes=11)
        deliver_next(runtime)
        with runtime.database.session() as session:
            summary = runtime.queue_summary(session)
        assert (summary.waiting, summary.expired_while_paused) == (3, 1)

        configure(runtime, port=relay.port, username="novantra", password="right")
        while deliver_next(runtime):
            pass
        assert [received.rcpt_to for received in relay.envelopes] == [
            "first@acme.test",
            "second@acme.test",
            "fourth@acme.test",
        ]
        assert [row.state for row in rows(runtime)] == ["sent", "sent", "cancelled", "sent"]


def test_mail_enqueued_as_the_pause_ends_is_not_left_behind(runtime: Runtime) -> None:
    """A request that saw the pause may commit its held mail after the pause has ended."""
    with Relay() as relay:
        configure(runtime, port=relay.port)
        relay.reject_mail = "550 5.7.60 not allowed"
        queue_resets(runtime, ["first@acme.test"])
        deliver_next(runtime)
        relay.reject_mail = None
        with runtime.database.transaction() as session:
            resume(session, now=runtime.now(), actor=ALICE)
        while deliver_next(runtime):
            pass
        queue_resets(runtime, ["late@acme.test"])
        with runtime.database.transaction() as session:
            session.merge(rows(runtime)[-1]).state = "held"
        while deliver_next(runtime):
            pass
        assert {row.state for row in rows(runtime)} == {"sent"}
