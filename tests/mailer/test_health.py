"""What real sends leave behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer import health
from app.mailer.active import MailPending, mail_state, require_mail
from app.mailer.models import MailHealth
from app.runtime import QueueSummary, Runtime
from app.web.context import Actor
from tests.conftest import Clock
from tests.mailer.conftest import Stored
from tests.mailer.pages import PATH, MailerPage

FIELDS = {"provider": "smtp", "sender_address": "a@acme.test", "host": "relay.acme.test"}
SHELL = Actor(None, "shell", None)


def look(runtime: Runtime) -> MailHealth:
    with runtime.database.session(reading=True) as session:
        return health.look(session)


def fail(runtime: Runtime, clock: Clock) -> None:
    with runtime.database.transaction() as session:
        health.record_failure(
            session,
            now=clock(),
            failure=Failure(FailureCode.CONNECT_REFUSED, Phase.CONNECT),
            version=1,
        )


def pause(runtime: Runtime, clock: Clock, version: int | None = None) -> bool:
    with runtime.database.transaction() as session:
        return health.pause(
            session,
            now=clock(),
            failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH, 535, "5.7.8"),
            version=version,
        )


def test_failures_in_a_row_are_counted_and_a_success_ends_the_row(
    runtime: Runtime, clock: Clock
) -> None:
    first = clock()
    for _ in range(3):
        fail(runtime, clock)
        clock.advance(minutes=1)
    row = look(runtime)
    assert (row.consecutive_failures, row.failing_since) == (3, first)
    assert row.last_failure_code == "connect_refused"
    with runtime.database.transaction() as session:
        health.record_success(session, now=clock(), kind="invitation", version=1)
    row = look(runtime)
    assert (row.consecutive_failures, row.failing_since) == (0, None)
    assert (row.last_success_at, row.last_success_kind) == (clock(), "invitation")


def test_workers_that_report_at_once_lose_no_count(runtime: Runtime, clock: Clock) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fail(runtime, clock), range(24)))
    assert look(runtime).consecutive_failures == 24


def test_a_pause_happens_once_and_is_audited_once(
    page: MailerPage, runtime: Runtime, clock: Clock, stored: Stored
) -> None:
    page.save(**FIELDS)
    assert [pause(runtime, clock) for _ in range(3)] == [True, False, False]
    paused = [event for event in stored.events if event.tag == "mailer:paused"]
    assert len(paused) == 1
    assert paused[0].actor == "mail worker"


def test_a_failure_of_an_older_configuration_does_not_pause_the_new_one(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    page.save(**FIELDS)
    page.save(host="other.acme.test")
    assert not pause(runtime, clock, version=1)
    assert pause(runtime, clock, version=2)


def test_the_page_of_a_paused_mailer_says_what_why_and_what_next(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    page.save(**FIELDS)
    runtime.queue_summary = lambda _session: QueueSummary(
        waiting=14, oldest_at=clock() - timedelta(minutes=51), expired_while_paused=2
    )
    pause(runtime, clock)
    shown = page.open()
    assert shown.fact("mail-state") == "paused"
    assert "The relay refuses our user name and password" in shown.words
    assert "14 messages are waiting" in shown.words
    assert "2 expired meanwhile" in shown.words
    assert "535 5.7.8" in shown.words
    assert ">Resume sending</button>" in shown.text
    assert shown.diagnoses == []


def test_a_pause_ends_by_hand_and_that_is_audited(
    page: MailerPage, runtime: Runtime, clock: Clock, stored: Stored
) -> None:
    page.save(**FIELDS)
    pause(runtime, clock)
    woken: list[bool] = []
    runtime.wake_worker = lambda: woken.append(True)
    token = page.open().fields["csrf_token"]
    answer = page.client.post(f"{PATH}/resume", data={"csrf_token": token})
    assert answer.status_code == 303
    assert page.open().fact("mail-state") == "configured"
    assert woken == [True]
    assert (stored.events[-1].tag, stored.events[-1].actor) == (
        "mailer:resumed",
        "alice@acme.test",
    )
    page.client.post(f"{PATH}/resume", data={"csrf_token": token})
    assert [event.tag for event in stored.events].count("mailer:resumed") == 1


def test_states_follow_from_what_is_stored(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    def state() -> str:
        with runtime.database.session(reading=True) as session:
            return mail_state(session, runtime)

    assert state() == "pending"
    with runtime.database.session(reading=True) as session, pytest.raises(MailPending):
        require_mail(session, runtime)
    page.save(**FIELDS)
    assert state() == "configured"
    pause(runtime, clock)
    assert state() == "paused"
    with runtime.database.session(reading=True) as session:
        require_mail(session, runtime)


def test_the_numbers_are_on_the_page_for_people_and_machines(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    page.save(**FIELDS)
    with runtime.database.transaction() as session:
        health.record_success(
            session, now=clock() - timedelta(hours=3), kind="password-reset", version=1
        )
    fail(runtime, clock)
    shown = page.open()
    assert shown.fact("consecutive-failures") == "1"
    assert shown.time("last-success-at") is not None
    assert "Password reset" in shown.words
    assert "Failing" in shown.words
