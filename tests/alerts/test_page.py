"""System → Alerts: what it takes, what it refuses, and what it never shows again."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.alerts.models import AlertTarget
from app.audit.models import AuditEvent
from app.mailer.active import active_mailer
from app.mailer.canary import ensure
from app.mailer.models import MailCanary
from app.runtime import Runtime
from tests.alerts.conftest import SECRET, Bell
from tests.alerts.receiver import Receiver, status
from tests.conftest import Clock
from tests.factories import csrf_of
from tests.mailer.situations import World

PATH = "/admin/system/alerts"
SLACK = "https://hooks.slack.com/services/T00000000/B00000000/aVeryLongSecretPart"
BARE = SECRET.removeprefix("whsec_")


@pytest.fixture
def world(runtime: Runtime, clock: Clock) -> World:
    return World(runtime, clock)


def add(client: FlaskClient, **fields: str) -> TestResponse:
    sent = {"kind": "slack", "name": "Ops", "url": SLACK, "secret": "", **fields}
    return client.post(PATH, data={"csrf_token": csrf_of(client.get(PATH).data), **sent})


def act(client: FlaskClient, target: str, what: str) -> TestResponse:
    token = csrf_of(client.get(PATH).data)
    return client.post(f"{PATH}/{target}/{what}", data={"csrf_token": token})


def only(session: Session) -> AlertTarget:
    session.expire_all()
    found = session.scalars(select(AlertTarget)).one()
    session.commit()  # so that nobody waits for it
    return found


@pytest.mark.parametrize(
    ("kind", "url", "secret"),
    [
        ("webhook", "https://alerts.acme.test/hook/0123456789abcdef", SECRET),
        ("webhook", "https://alerts.acme.test/hook/0123456789abcdef", BARE),
        ("slack", SLACK, ""),
        ("teams", "https://prod-01.westeurope.logic.azure.com/workflows/0123456789abcdef", ""),
        ("ping", "https://hc-ping.com/0a1b2c3d-0000-4000-8000-000000000000", ""),
    ],
)
def test_every_kind_is_added_and_never_shown_whole_again(
    admin_client: FlaskClient, session: Session, kind: str, url: str, secret: str
) -> None:
    assert add(admin_client, kind=kind, url=url, secret=secret).status_code == 303
    row = only(session)
    assert url not in (row.url_sealed or "")
    shown = admin_client.get(PATH).text
    assert row.host in shown
    assert url[-4:] in shown
    for secret_part in (url, url[-8:], BARE):
        assert secret_part not in shown
    events = session.scalars(select(AuditEvent).where(AuditEvent.tag == "alerts:target-added"))
    told = json.dumps([event.changes for event in events])
    assert url[-8:] not in told
    assert BARE not in told
    assert '"address": "set"' in told


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "x" * 65}),
        ("kind", {"kind": "pager"}),
        ("url", {"url": ""}),
        ("url", {"url": "not an address"}),
        ("url", {"url": "https://user:hunter2@acme.test/x"}),
        ("url", {"kind": "teams", "url": "https://acme.webhook.office.com/webhookb2/x"}),
        ("secret", {"kind": "webhook", "secret": ""}),
        ("secret", {"kind": "webhook", "secret": "hunter2"}),
        ("secret", {"kind": "webhook", "secret": "whsec_c2hvcnQ="}),
        ("secret", {"kind": "slack", "secret": SECRET}),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field(
    admin_client: FlaskClient, session: Session, field: str, fields: dict[str, str]
) -> None:
    answer = add(admin_client, **fields)
    assert answer.status_code == 422
    assert f'id="{field}-error-1"' in answer.text
    assert session.scalars(select(AlertTarget)).all() == []
    for typed in ("hunter2", SLACK, BARE):
        assert typed not in answer.text
    if field != "name":
        assert 'value="Ops"' in answer.text  # what is no secret is kept


def test_a_test_tells_how_it_went_and_nothing_of_the_answer(
    admin_client: FlaskClient, session: Session, receiver: Receiver
) -> None:
    add(admin_client, kind="webhook", url=receiver.url(), secret=SECRET)
    target = only(session).id
    assert act(admin_client, target, "test").status_code == 303
    assert receiver.types == ["mail.test"]
    assert "took the test" in admin_client.get(PATH).text
    receiver.answers = [status(500, b"<b>internal secret</b>")]
    act(admin_client, target, "test")
    shown = admin_client.get(PATH).text
    assert "It has trouble of its own. (HTTP 500)" in shown
    assert "internal secret" not in shown


def test_tests_are_counted(admin_client: FlaskClient, session: Session, receiver: Receiver) -> None:
    add(admin_client, kind="slack", url=receiver.url())
    target = only(session).id
    answers = [act(admin_client, target, "test") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
    assert len(receiver.asked) == 10


def test_removing_asks_first_and_forgets(admin_client: FlaskClient, session: Session) -> None:
    add(admin_client)
    target = only(session).id
    asks = admin_client.get(f"{PATH}/{target}/remove")
    assert "Remove Ops?" in asks.text
    assert only(session).id == target
    assert act(admin_client, target, "remove").status_code == 303
    assert session.scalars(select(AlertTarget)).all() == []
    events = session.scalars(select(AuditEvent).where(AuditEvent.tag == "alerts:target-removed"))
    assert [event.changes["address"] for event in events] == ["removed"]
    session.commit()
    assert act(admin_client, target, "test").status_code == 404


def test_every_page_suggests_another_secret_that_can_be_used(admin_client: FlaskClient) -> None:
    found = {re.findall(r"whsec_[A-Za-z0-9+/=]+", admin_client.get(PATH).text)[0] for _ in range(3)}
    assert len(found) == 3
    for secret in found:
        url = "https://alerts.acme.test/hook/0123456789abcdef"
        assert add(admin_client, kind="webhook", url=url, secret=secret).status_code == 303


def test_a_typed_name_stays_text(admin_client: FlaskClient) -> None:
    add(admin_client, name="<b>{{7*7}}</b>")
    shown = admin_client.get(PATH).text
    assert "<b>{{7*7}}</b>" not in shown
    assert "&lt;b&gt;{{7*7}}&lt;/b&gt;" in shown


def test_a_row_that_was_changed_outside_is_not_asked(
    admin_client: FlaskClient, session: Session, runtime: Runtime, receiver: Receiver
) -> None:
    add(admin_client, kind="slack", url=receiver.url())
    row = only(session)
    row.host = "evil.acme.test"
    session.commit()
    act(admin_client, row.id, "test")
    assert receiver.asked == []
    assert "cannot be opened" in admin_client.get(PATH).text


def test_there_is_an_end_to_targets(admin_client: FlaskClient) -> None:
    answers = [add(admin_client, name=f"Ops {number}").status_code for number in range(21)]
    assert answers == [303] * 20 + [422]


def words_of(client: FlaskClient) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", client.get(PATH).text).split())


def test_an_incident_that_nobody_heard_of_is_not_told_as_told(
    admin_client: FlaskClient, world: World, bell: Bell, receiver: Receiver
) -> None:
    world.save()
    world.paused()
    bell.tell()
    assert "Last told" in words_of(admin_client)
    assert "nobody so far" in words_of(admin_client)
    bell.target("webhook", receiver.url())  # which hears what is wrong already
    assert "nobody so far" in words_of(admin_client)
    bell.send()
    assert receiver.types == ["mail.broken"]
    assert "nobody so far" not in words_of(admin_client)


def test_what_the_canary_found_is_not_told_of_a_configuration_saved_after_it(
    admin_client: FlaskClient, world: World
) -> None:
    world.save()
    with world.runtime.database.transaction() as session:
        ensure(session)
        active = active_mailer(session, world.runtime)
        assert active is not None
        row = session.get_one(MailCanary, 1)
        row.at = row.passed_at = world.runtime.now()
        row.version = active.version
    assert "Connecting and logging in worked." in words_of(admin_client)
    assert "before the mailer was saved again" not in words_of(admin_client)
    world.save(host="relay2.acme.test")
    assert "before the mailer was saved again" in words_of(admin_client)
