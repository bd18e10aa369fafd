"""What targets may do to us: hang, redirect, drip, flood, lie about who they are, and go away."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from app.alerts import deliveries, post, targets
from app.alerts.kinds import AddressRefused, Kind, checked
from app.alerts.models import AlertDelivery
from app.alerts.outcomes import Outcome
from app.alerts.payloads import PING
from app.config import Config
from app.runtime import Runtime
from tests import certificates
from tests.alerts.conftest import ALICE, Bell
from tests.alerts.receiver import (
    Behaviour,
    Receiver,
    backwards,
    drip,
    hang,
    huge,
    nonsense,
    status,
)
from tests.alerts.test_incidents import pause, world
from tests.conftest import Clock
from tests.factories import csrf_of
from tests.mailer.situations import World

__all__ = ["world"]


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds instead of ten."""
    monkeypatch.setattr(post, "WAIT", 2.0)


def ask(config: Config, url: str, *, private: bool = True) -> Any:
    return post.send(Kind.WEBHOOK, checked(Kind.WEBHOOK, url, config), PING, private=private)


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (status(200), Outcome.TAKEN),
        (status(202), Outcome.TAKEN),
        (status(204, b""), Outcome.TAKEN),
        (huge, Outcome.TAKEN),
        (hang(6), Outcome.TIMED_OUT),
        (drip, Outcome.TAKEN),
        (nonsense, Outcome.NO_HTTP),
        (backwards, Outcome.TAKEN),
        (status(500), Outcome.ITS_TROUBLE),
        (status(400, b"secret of an internal service"), Outcome.REFUSED),
        (status(404), Outcome.GONE),
        (status(410), Outcome.GONE),
        (status(429, Retry_After="120"), Outcome.SLOW_DOWN),
    ],
)
def test_every_behaviour_has_its_outcome(
    config: Config, receiver: Receiver, behaviour: Behaviour, outcome: Outcome
) -> None:
    receiver.answers = [behaviour]
    began = time.monotonic()
    answer = ask(config, receiver.url())
    assert answer.outcome is outcome
    assert time.monotonic() - began < 4
    assert "secret of" not in answer.words


def test_a_redirect_is_not_followed(config: Config, receiver: Receiver) -> None:
    with Receiver() as elsewhere:
        receiver.answers = [status(302, Location=elsewhere.url())]
        assert ask(config, receiver.url()).outcome is Outcome.REDIRECTED
        assert elsewhere.asked == []


@pytest.mark.parametrize("kind", ["expired", "other_name", "self_signed", "unknown_issuer"])
def test_a_certificate_that_is_not_valid_gets_nothing(
    config: Config, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file()))
    with Receiver(certificates.server_context(kind)) as receiver:
        assert ask(config, receiver.url()).outcome is Outcome.NO_TLS
        assert receiver.asked == []


def test_a_valid_certificate_does(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file()))
    with Receiver(certificates.server_context("good")) as receiver:
        assert ask(config, receiver.url()).outcome is Outcome.TAKEN


def test_the_environment_s_proxy_is_not_used(
    config: Config, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url(""))
        monkeypatch.setenv("https_proxy", proxy.url(""))
        assert ask(config, receiver.url()).outcome is Outcome.TAKEN
        assert proxy.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_private_addresses_are_refused_without_a_connection(
    config: Config, receiver: Receiver, host: str
) -> None:
    url = receiver.url().replace("127.0.0.1", host)
    answer = ask(config, url, private=False)
    assert answer.outcome in {Outcome.FORBIDDEN, Outcome.NO_NAME}
    assert receiver.asked == []


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "100.100.100.200"])
def test_metadata_addresses_are_refused_even_where_private_ones_are_not(
    config: Config, host: str
) -> None:
    assert ask(config, f"http://{host}/latest/meta-data").outcome is Outcome.FORBIDDEN


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("/hooks/grün?für=ü", "/hooks/gr%C3%BCn?f%C3%BCr=%C3%BC"),
        ("/a%2Fb?c={d}|e", "/a%2Fb?c={d}|e"),
    ],
)
def test_an_address_travels_in_ascii_and_is_otherwise_as_it_was_typed(
    config: Config, receiver: Receiver, typed: str, asked: str
) -> None:
    url = receiver.url("") + typed
    assert ask(config, url).outcome is Outcome.TAKEN
    assert [one.path for one in receiver.asked] == [asked]


def test_a_host_name_in_another_script_changes_nothing_but_the_host(config: Config) -> None:
    found = checked(Kind.WEBHOOK, "https://BÜCHER.example:8443/bücher.example#x", config)
    assert found.url == "https://xn--bcher-kva.example:8443/b%C3%BCcher.example"
    assert found.host == "xn--bcher-kva.example:8443"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.slack.com/services/x",
        "ftp://hooks.acme.test/x",
        "http://hooks.acme.test/x",
        "https://user:pass@hooks.acme.test/x",
        "https://hooks.acme.test:25/x",
        "https://hooks.acme.test:99999/x",
        "https:///x",
        "https://hooks.acme.test/a b",
        "https://hooks.acme.test/\r\nHost: evil",
        "https://[::1/x",
        "https://hooks.acme.test/" + "x" * 2000,
    ],
)
def test_addresses_that_cannot_be_used_are_refused(config: Config, url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        checked(Kind.WEBHOOK, url, replace(config, alert_private_targets=False))
    assert "pass" not in str(refused.value).replace("password", "")


def test_a_retired_connector_of_teams_is_told(config: Config) -> None:
    with pytest.raises(AddressRefused, match="May 2026"):
        checked(Kind.TEAMS, "https://acme.webhook.office.com/webhookb2/x", config)


def test_a_target_that_was_allowed_is_asked_no_more_once_it_is_not(
    world: World, bell: Bell, receiver: Receiver, runtime: Runtime
) -> None:
    target = bell.target("webhook", receiver.url())
    runtime.config = replace(runtime.config, alert_private_targets=False)
    pause(world)
    bell.tell()
    assert receiver.asked == []
    assert bell.row(target).outcome == Outcome.NOT_ALLOWED


def test_a_failure_is_tried_again_under_the_same_id_and_then_given_up(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    receiver.answers = [status(503)]
    pause(world)
    bell.tell()
    waits = (("seconds", 5), ("minutes", 5), ("minutes", 30), ("hours", 2), ("hours", 5))
    for tries, (unit, number) in enumerate(waits, 1):
        assert len(receiver.asked) == tries
        bell.send()
        assert len(receiver.asked) == tries  # not before its time
        clock.advance(**{unit: number})
        bell.send()
    clock.advance(hours=12)
    bell.send()
    assert len(receiver.asked) == 6
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1
    assert len({asked.headers["webhook-timestamp"] for asked in receiver.asked}) == 6


def test_a_target_that_asks_for_time_gets_it(
    world: World, bell: Bell, receiver: Receiver, clock: Clock
) -> None:
    bell.target("slack", receiver.url())
    receiver.answers = [status(429, Retry_After="600"), status(200)]
    pause(world)
    bell.tell()
    clock.advance(minutes=9)
    bell.send()
    assert len(receiver.asked) == 1
    clock.advance(minutes=2)
    bell.send()
    assert len(receiver.asked) == 2


@pytest.mark.parametrize(("kind", "code"), [("slack", 404), ("teams", 401), ("webhook", 410)])
def test_a_target_that_is_gone_is_used_no_more_until_a_test_gets_through(
    world: World, bell: Bell, receiver: Receiver, clock: Clock, sign_in: Any, admin: Any,
    kind: str, code: int,
) -> None:  # fmt: skip
    target = bell.target(kind, receiver.url())
    receiver.answers = [status(code)]
    pause(world)
    bell.tell()
    assert bell.row(target).broken_at is not None
    assert "Out of use" in sign_in(admin).get("/admin/system/alerts").text
    clock.advance(hours=25)
    bell.tell()
    assert len(receiver.asked) == 1
    receiver.answers = [status(200)]
    deliveries_before = len(receiver.asked)
    admin_client = sign_in(admin)
    token = csrf_of(admin_client.get("/admin/system/alerts").data)
    answer = admin_client.post(f"/admin/system/alerts/{target}/test", data={"csrf_token": token})
    assert answer.status_code == 303
    assert len(receiver.asked) == deliveries_before + 1
    assert bell.row(target).broken_at is None
    clock.advance(hours=25)
    bell.tell()
    assert len(receiver.asked) == deliveries_before + 2


def test_one_that_was_killed_in_the_middle_is_told_after_its_lease(
    world: World, bell: Bell, receiver: Receiver, runtime: Runtime, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    pause(world)
    bell.look()
    (lost,) = deliveries.claim(runtime, 4)
    assert deliveries.claim(runtime, 4) == []
    clock.advance(minutes=2)
    bell.send()
    assert receiver.types == ["mail.broken"]
    deliveries.carry_out(runtime, lost)  # it was not dead after all
    clock.advance(hours=1)
    bell.send()
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1
    assert len(receiver.asked) == 2


def test_one_whose_try_nobody_survives_comes_to_an_end(
    world: World, bell: Bell, receiver: Receiver, runtime: Runtime, clock: Clock
) -> None:
    bell.target("webhook", receiver.url())
    pause(world)
    bell.look()
    claims = 0
    for _ in range(12):
        claims += len(deliveries.claim(runtime, 4))
        clock.advance(minutes=2)
    assert claims == 6
    with runtime.database.session(reading=True) as session:
        assert [row.state for row in session.query(AlertDelivery)] == ["failed"]


def test_removing_a_target_ends_what_was_on_its_way(
    world: World, bell: Bell, receiver: Receiver, runtime: Runtime, clock: Clock
) -> None:
    target = bell.target("webhook", receiver.url())
    receiver.answers = [status(500)]
    pause(world)
    bell.tell()
    with runtime.database.transaction() as session:
        row = session.get(type(bell.row(target)), target)
        assert row is not None
        targets.remove(session, row, now=clock(), actor=ALICE)
    clock.advance(hours=1)
    assert bell.send() == []


def test_pings_come_while_mail_is_well_and_stay_away_when_it_is_not(
    world: World, bell: Bell, receiver: Receiver, runtime: Runtime, clock: Clock
) -> None:
    bell.target("ping", receiver.url("/ping/0a1b2c3d-0000-4000-8000-000000000000"))

    def pings(*, well: bool) -> int:
        due = deliveries.claim_pings(runtime, well=well)
        for target in due:
            deliveries.ping(runtime, target)
        return len(due)

    assert pings(well=True) == 1
    assert pings(well=True) == 0
    clock.advance(minutes=5)
    assert pings(well=False) == 0
    assert pings(well=True) == 1
    assert [asked.method for asked in receiver.asked] == ["GET", "GET"]
    receiver.answers = [status(500)]
    clock.advance(minutes=5)
    assert pings(well=True) == 1
    clock.advance(minutes=1)  # sooner than usual after a failure
    assert pings(well=True) == 1
