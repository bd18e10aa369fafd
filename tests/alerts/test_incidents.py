"""From how mail is to what arrives: real rows, a real HTTP server, an independent library."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from app.alerts import incidents
from app.alerts.models import AlertIncident
from app.crypto.secret import Secret
from app.database import Database
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer import health
from app.mailer.configuration import save, stored
from app.mailer.settings import PasswordChange, Settings
from app.outbox.heartbeats import Heartbeat
from app.runtime import Runtime
from tests import databases
from tests.alerts.conftest import ALICE, SECRET, Bell
from tests.alerts.receiver import Receiver, status
from tests.conftest import Clock
from tests.mailer.situations import World
from tests.outbox.letters import LINK, queue_resets


@pytest.fixture
def world(runtime: Runtime, clock: Clock, bell: Bell) -> World:
    """Mail is set up and works, and alerts know that."""
    world = World(runtime, clock)
    world.save("relay.acme.test")
    world.sent()
    bell.look()
    return world


def pause(world: World, code: FailureCode = FailureCode.AUTH_BAD_CREDENTIALS) -> None:
    with world.runtime.database.transaction() as session:
        assert health.pause(session, now=world.clock(), failure=Failure(code, Phase.AUTH))


def resume(world: World) -> None:
    world.clock.advance(minutes=1)
    with world.runtime.database.transaction() as session:
        assert health.resume(session, now=world.clock(), actor=ALICE)


def test_a_pause_reaches_a_webhook_signed(world: World, bell: Bell, receiver: Receiver) -> None:
    bell.target("webhook", receiver.url())
    pause(world)
    bell.tell()
    (asked,) = receiver.asked
    told = Webhook(SECRET).verify(asked.body, asked.headers)
    assert told == asked.json
    assert told["type"] == "mail.broken"
    assert told["code"] == "auth_bad_credentials"
    assert told["installation"] == "hr.acme.test"
    assert told["url"] == "https://hr.acme.test/admin/system/mailer"
    assert told["id"] == asked.headers["webhook-id"]
    assert told["since"]
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(asked.body.replace(b"broken", b"fixed!"), asked.headers)


def test_the_end_is_told_when_real_mail_got_through(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    pause(world)
    bell.tell()
    resume(world)
    bell.tell()
    assert receiver.types == ["mail.broken"]  # resumed is not proven
    world.sent()
    bell.tell()
    clock.advance(minutes=2)
    bell.tell()
    assert receiver.types == ["mail.broken", "mail.recovered"]
    first, second = (asked.json for asked in receiver.asked)
    assert first["incident"] == second["incident"]
    assert first["id"] != second["id"]


def test_failing_mail_is_told_after_it_lasted(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    world.failed()
    bell.tell()
    assert receiver.types == []
    clock.advance(minutes=2)
    bell.tell()
    assert receiver.types == ["mail.broken"]
    assert receiver.asked[0].json["code"] == "connect_refused"


def test_nobody_who_delivers_is_told(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    queue_resets(world.runtime, ["dana@acme.test"])
    bell.tell()
    clock.advance(minutes=3)
    bell.tell()
    assert receiver.types == ["mail.stalled"]
    assert receiver.asked[0].json["waiting"] == 1


def test_what_changes_right_after_the_first_target_is_told(
    runtime: Runtime, clock: Clock, bell: Bell, receiver: Receiver
) -> None:
    bell.target("webhook", receiver.url())
    World(runtime, clock).save("relay.acme.test")
    bell.tell()
    assert receiver.types == ["mail.settings_changed"]


def test_a_changed_setting_is_told_once_an_hour(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    bell.tell()
    for _ in range(3):
        world.save("other.acme.test")
        bell.tell()
        world.save("relay.acme.test")
        bell.tell()
    assert receiver.types == ["mail.settings_changed"]
    clock.advance(minutes=61)
    bell.tell()
    bell.tell()
    assert receiver.types == ["mail.settings_changed"] * 2


def test_no_recipient_no_person_and_no_server_text_leaves_the_house(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    for kind in ("webhook", "slack", "teams"):
        bell.target(kind, receiver.url())
    queue_resets(world.runtime, ["dana@acme.test", "kim@acme.test"])
    with world.runtime.database.transaction() as session:
        health.pause_by_hand(session, now=clock(), actor=ALICE, why="ask dana@acme.test")
    bell.tell()
    resume(world)
    world.failed(FailureCode.RECIPIENT_REJECTED)
    clock.advance(minutes=30)
    bell.tell()
    world.save("other.acme.test")
    bell.tell()
    assert len(receiver.asked) >= 6
    for asked in receiver.asked:
        text = json.dumps(asked.json, ensure_ascii=False)
        for never in ("@acme.test", "dana", "alice", LINK, "Reset", "other.acme.test"):
            assert never not in text, (never, text)


def test_chats_get_their_own_form(world: World, bell: Bell, receiver: Receiver) -> None:
    bell.target("slack", receiver.url("/services/T0/B0/slackslackslack"), name="A")
    bell.target("teams", receiver.url("/workflows/teamsteamsteams"), name="B")
    receiver.answers = [status(202)]
    pause(world)
    bell.tell()
    by_path = {asked.path: asked for asked in receiver.asked}
    slack = by_path["/services/T0/B0/slackslackslack"].json
    assert "Mail is not going out" in slack["text"]
    assert slack["attachments"][0]["title_link"] == "https://hr.acme.test/admin/system/mailer"
    card = by_path["/workflows/teamsteamsteams"].json["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["content"]["body"][0]["text"] == "Mail is not going out"
    for asked in receiver.asked:
        assert "webhook-signature" not in asked.headers
        assert "cookie" not in asked.headers


def test_whoever_is_added_later_hears_what_is_wrong_already(
    world: World, bell: Bell, receiver: Receiver
) -> None:
    pause(world)
    bell.tell()
    bell.target("webhook", receiver.url())
    bell.send()
    assert receiver.types == ["mail.broken"]


def test_what_was_overtaken_is_not_told_late(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    receiver.answers = [status(500), status(200)]
    pause(world)
    bell.tell()
    resume(world)
    world.sent()
    bell.tell()
    clock.advance(minutes=2)
    bell.tell()
    clock.advance(hours=1)
    bell.send()
    assert receiver.types[-1] == "mail.recovered"
    assert receiver.types.count("mail.broken") == 2  # at first, and again a few seconds later


def test_looking_twice_changes_nothing(world: World, bell: Bell, runtime: Runtime) -> None:
    pause(world)
    assert incidents.look(runtime)
    assert not incidents.look(runtime)
    with runtime.database.session(reading=True) as session:
        assert len(session.scalars(select(AlertIncident)).all()) == 2  # mail, settings


def test_an_install_beside_this_one_in_the_same_database_keeps_nobody_from_looking(
    world: World, runtime: Runtime, tmp_path: Path
) -> None:
    pause(world)
    with databases.new_database(tmp_path / "beside") as url:
        beside = Database(url)
        try:
            with beside.transaction() as session:
                assert incidents._alone(session)
                assert incidents.look(runtime)
        finally:
            beside.close()


def test_a_queue_that_is_slow_is_told_as_degraded(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    queue_resets(world.runtime, ["dana@acme.test"])
    clock.advance(minutes=16)
    Heartbeat(world.runtime, "worker").beat()
    bell.tell()
    assert receiver.types == ["mail.degraded"]
    assert receiver.asked[0].json["code"] == "queue_slow"


def expect_end(world: World, ends: datetime | None) -> None:
    """A client secret that ends on that day is saved, or one whose end nobody knows."""
    with world.runtime.database.transaction() as session:
        row = stored(session)
        assert row is not None
        save(
            session,
            world.runtime.box,
            settings=Settings(
                provider="microsoft365",
                sender_address="novantra@acme.test",
                sender_name="Acme",
                host="smtp.office365.com",
                port=587,
                secure=True,
                username="novantra@acme.test",
                login_method="app",
                cloud="commercial",
                tenant_id="11111111-2222-3333-4444-555555555555",
                client_id="11111111-2222-3333-4444-555555555555",
                client_credential="secret",
                client_secret_ends=ends.date().isoformat() if ends else None,
            ),
            password=PasswordChange(Secret("client secret of the test")),
            version=row.version,
            now=world.clock(),
            actor=ALICE,
        )


def test_a_secret_that_ends_is_told_at_each_step_and_no_more_once_it_is_renewed(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    start = clock()
    expect_end(world, start + timedelta(days=32))
    for _ in range(33 * 4):
        bell.tell()
        clock.advance(hours=6)
    told = [asked.json for asked in receiver.asked if asked.json["type"].endswith("_ending")]
    steps = [alert["code"] for alert in told if not alert["reminder"]]
    assert steps == ["ends_in_30", "ends_in_14", "ends_in_3", "ended"]
    assert len({alert["incident"] for alert in told}) == 1
    assert "client secret" in told[0]["summary"]
    expect_end(world, clock() + timedelta(days=300))
    before = len(receiver.asked)
    bell.tell()
    assert [asked.json["type"] for asked in receiver.asked[before:]] == ["mail.settings_changed"]
    clock.advance(hours=25)
    bell.tell()
    assert len(receiver.asked) == before + 1
