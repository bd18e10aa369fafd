"""The hourly look at the relay, and the daily mail: real relays, both told honestly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select

from app.accounts.models import User
from app.counters import counted
from app.mailer import canary, health
from app.mailer.current_health import Health
from app.mailer.models import MailCanary
from app.mailer.summary import Summary, summarise
from app.outbox.canary import queue_daily_mail
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.alerts.conftest import ALICE, Bell
from tests.alerts.receiver import Receiver
from tests.alerts.test_page import PATH
from tests.conftest import Clock
from tests.factories import csrf_of
from tests.outbox.letters import configure
from tests.smtpd import Relay
from tests.visitor import Mailbox

PASSWORD = "right"


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay(users={"novantra": PASSWORD}, require_auth=True) as relay:
        yield relay


@pytest.fixture
def live(runtime: Runtime, relay: Relay, clock: Clock) -> Runtime:
    """Mail went out a while ago."""
    configure(runtime, port=relay.port, username="novantra", password=PASSWORD)
    with runtime.database.transaction() as session:
        health.record_success(session, now=clock(), kind="invitation", version=1)
    return runtime


def told(runtime: Runtime) -> Summary:
    with runtime.database.session(reading=True) as session:
        return summarise(session, runtime)


def row(runtime: Runtime) -> MailCanary:
    with runtime.database.session(reading=True) as session:
        return canary.row_of(session)


def test_it_looks_when_nothing_was_sent_for_an_hour_and_sends_nothing(
    live: Runtime, relay: Relay, clock: Clock
) -> None:
    assert not canary.run(live)
    clock.advance(minutes=59)
    assert not canary.run(live)
    clock.advance(minutes=2)
    assert canary.run(live)
    assert not canary.run(live)
    assert relay.envelopes == []
    before = told(live)
    assert before.mail.health is Health.WORKING
    assert before.mail.words == "Sending normally"
    with live.database.session(reading=True) as session:
        ((labels, number, seconds),) = counted(session, "canaries")
    assert (labels, number) == ({"outcome": "passed"}, 1)
    assert seconds < 5


def test_a_relay_that_is_gone_is_told_and_the_last_real_send_stays_what_it_was(
    live: Runtime, relay: Relay, clock: Clock, bell: Bell, receiver: Receiver
) -> None:
    bell.target("webhook", receiver.url())
    sent_at = told(live).health.last_success_at
    relay.stop()
    clock.advance(minutes=61)
    assert canary.run(live)
    assert told(live).mail.words == "Sending normally"  # once may be a whim of the network
    assert not canary.run(live)
    clock.advance(minutes=6)
    assert canary.run(live)
    found = told(live)
    assert found.mail.health is Health.WORKING  # the newest real send did get through
    assert found.mail.level == "warn"
    assert found.mail.alarm
    assert found.mail.concern is not None
    assert found.mail.concern.code == "connect_refused"
    assert found.health.last_success_at == sent_at
    assert found.health.consecutive_failures == 0
    bell.tell()
    assert receiver.types == ["mail.degraded"]
    assert receiver.asked[0].json["code"] == "connect_refused"


def test_a_wrong_password_is_tried_once_a_day_and_told_at_once(
    live: Runtime, relay: Relay, clock: Clock, admin_client: FlaskClient
) -> None:
    relay.users["novantra"] = "changed"
    clock.advance(minutes=61)
    assert canary.run(live)
    assert told(live).mail.concern is not None
    for page in ("/admin/system", "/admin/system/mailer", "/account"):
        assert "the relay did not let it in" in admin_client.get(page).text, page
    for _ in range(23):
        clock.advance(hours=1)
        assert not canary.run(live)
    clock.advance(hours=2)
    relay.users["novantra"] = PASSWORD
    assert canary.run(live)
    assert told(live).mail.all_well


def test_real_mail_that_got_through_since_says_more_than_the_look(
    live: Runtime, relay: Relay, clock: Clock
) -> None:
    relay.users["novantra"] = "changed"
    clock.advance(minutes=61)
    assert canary.run(live)
    clock.advance(minutes=1)
    with live.database.transaction() as session:
        health.record_success(session, now=clock(), kind="invitation", version=1)
    assert told(live).mail.all_well


def test_another_configuration_is_not_judged_by_the_look_at_the_one_before(
    live: Runtime, relay: Relay, clock: Clock
) -> None:
    relay.users["novantra"] = "changed"
    clock.advance(minutes=61)
    assert canary.run(live)
    configure(live, port=relay.port, username="novantra", password="changed")
    assert told(live).mail.concern is None
    assert told(live).mail.health is Health.UNPROVEN


def test_it_never_looks_while_mail_is_paused_or_when_it_is_switched_off(
    live: Runtime, clock: Clock
) -> None:
    clock.advance(hours=2)
    with live.database.transaction() as session:
        health.pause_by_hand(session, now=clock(), actor=ALICE)
    assert not canary.run(live)
    with live.database.transaction() as session:
        health.resume(session, now=clock(), actor=ALICE)
        canary.change(session, enabled=False, mail_to=None, now=clock(), actor=ALICE)
    assert not canary.run(live)
    with live.database.transaction() as session:
        canary.change(session, enabled=True, mail_to=None, now=clock(), actor=ALICE)
    assert canary.run(live)


def test_after_a_pause_the_look_ends_the_incident_and_says_that_nothing_was_sent(
    live: Runtime, clock: Clock, bell: Bell, receiver: Receiver
) -> None:
    bell.target("webhook", receiver.url())
    with live.database.transaction() as session:
        health.pause_by_hand(session, now=clock(), actor=ALICE)
    bell.tell()
    clock.advance(hours=2)
    with live.database.transaction() as session:
        health.resume(session, now=clock(), actor=ALICE)
    clock.advance(minutes=1)
    configure(live, port=told(live).active.relay.port, username="novantra", password=PASSWORD)  # type: ignore[union-attr]
    assert told(live).mail.health is Health.UNPROVEN
    assert canary.run(live)
    assert told(live).mail.words == "The relay lets us in"
    assert told(live).mail.health is Health.UNPROVEN
    bell.tell()
    clock.advance(minutes=2)
    bell.tell()
    recovered = [asked.json for asked in receiver.asked if asked.json["type"] == "mail.recovered"]
    assert len(recovered) == 1
    assert "No mail was sent since" in recovered[0]["summary"]


def test_eight_processes_look_once(live: Runtime, relay: Relay, clock: Clock) -> None:
    clock.advance(hours=2)
    start = threading.Barrier(8)
    looked: list[bool] = []

    def process() -> None:
        start.wait()
        looked.append(canary.run(live))

    threads = [threading.Thread(target=process) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert looked.count(True) == 1
    assert row(live).passed_at == clock()


def test_a_look_that_begins_and_ends_beside_a_claim_is_not_made_twice(
    live: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim's question whether it is time is held open until another process had a second for
    its whole look."""
    with live.database.transaction() as session:
        canary.ensure(session)
    clock.advance(hours=2)
    asked = canary.is_due
    looked: list[bool] = []
    beside = threading.Thread(target=lambda: looked.append(canary.run(live)))
    times = 0

    def slow(*words: Any) -> bool:
        nonlocal times
        due = asked(*words)
        times += 1
        if times == 2:  # the first question is asked before anything is claimed
            beside.start()
            beside.join(1)
        return due

    monkeypatch.setattr(canary, "is_due", slow)
    looked.append(canary.run(live))
    beside.join()
    assert looked.count(True) == 1


def test_a_daily_mail_goes_to_the_address_that_is_given(
    mailbox: Mailbox, runtime: Runtime, clock: Clock, admin_client: FlaskClient
) -> None:
    assert not queue_daily_mail(runtime)
    fields = {"enabled": "y", "mail_to": "watch@acme.test"}
    fields["csrf_token"] = csrf_of(admin_client.get(PATH).data)
    assert admin_client.post(f"{PATH}/canary", data=fields).status_code == 303
    assert queue_daily_mail(runtime)
    assert not queue_daily_mail(runtime)
    mail = mailbox.only("watch@acme.test")
    assert mail.message["Subject"] == "Daily mail from Novantra"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    clock.advance(hours=24)
    assert queue_daily_mail(runtime)
    mailbox.only("watch@acme.test")


def test_a_daily_mail_waits_for_the_end_of_a_pause_and_goes_when_it_is_unwanted(
    mailbox: Mailbox, runtime: Runtime, clock: Clock
) -> None:
    with runtime.database.transaction() as session:
        canary.change(session, enabled=True, mail_to="watch@acme.test", now=clock(), actor=ALICE)
        health.pause_by_hand(session, now=clock(), actor=ALICE)
    assert not queue_daily_mail(runtime)
    with runtime.database.transaction() as session:
        health.resume(session, now=clock(), actor=ALICE)
    assert queue_daily_mail(runtime)
    with runtime.database.transaction() as session:
        canary.change(session, enabled=True, mail_to=None, now=clock(), actor=ALICE)
    assert mailbox.deliver() == []
    with runtime.database.session(reading=True) as session:
        assert session.scalars(select(OutboxMessage.ended_because)).all() == ["withdrawn"]


@pytest.mark.parametrize("typed", ["no address", "a@b@c", "x" * 400 + "@acme.test"])
def test_an_address_that_is_none_is_refused(admin_client: FlaskClient, typed: str) -> None:
    fields = {"mail_to": typed, "csrf_token": csrf_of(admin_client.get(PATH).data)}
    answer = admin_client.post(f"{PATH}/canary", data=fields)
    assert answer.status_code == 422
    assert 'id="mail_to-error-1"' in answer.text


def test_what_it_found_is_kept_for_a_month_and_told_day_by_day(
    live: Runtime,
    relay: Relay,
    clock: Clock,
    sign_in: Callable[[User], FlaskClient],
    admin: User,
) -> None:
    def told_days() -> list[str]:
        page = html.fromstring(sign_in(admin).get(PATH).data)
        rows = page.xpath("//table[caption[starts-with(., 'What the canary found')]]/tbody/tr")
        return [" ".join(each.text_content().split()) for each in rows]

    assert told_days() == []
    clock.time = clock().replace(hour=12) + timedelta(days=1)
    assert canary.run(live)
    clock.advance(minutes=61)
    relay.stop()
    assert canary.run(live)
    (day,) = told_days()
    assert "1 of 2 failed" in day
    assert "usually in " in day
    assert "connect_refused" in day
