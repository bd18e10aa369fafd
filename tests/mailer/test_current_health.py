"""How mail is: one answer in every situation, and everybody who tells it tells the same."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.mail.failures import FailureCode
from app.mailer.current_health import CurrentHealth
from app.mailer.summary import summarise
from app.runtime import Runtime
from tests.conftest import Clock
from tests.mailer.pages import MailerPage, Page
from tests.mailer.situations import World
from tests.outbox.letters import queue_resets, reset_mail

REFUSED = FailureCode.CONNECT_REFUSED
TWELVE = [f"person@company-{n}.test" for n in range(12)]


@dataclass(frozen=True)
class Case:
    """``words`` stand in the pill; ``says`` somewhere in cause or next step."""

    name: str
    arrange: Callable[[World], object]
    health: str
    words: str
    says: str = ""
    level: str = "quiet"
    alarm: bool | None = None
    failures: int = 0
    waiting: int = 0
    keys: str = "ok"

    @property
    def is_alarm(self) -> bool:
        quiet = self.health in {"working", "unproven"}
        return not quiet if self.alarm is None else self.alarm

    @property
    def exit_code(self) -> int:
        return {"pending": 3, "working": 0, "unproven": 0}.get(self.health, 1)


def steps(*names: str | tuple[str, object]) -> Callable[[World], object]:
    """Do these things one after another: a method's name, or a name and its only argument."""

    def arrange(world: World) -> None:
        for name in names:
            method, *arguments = (name,) if isinstance(name, str) else name
            getattr(world, str(method))(*arguments)

    return arrange


def _waiting_for_a_worker(world: World, **seen_ago: float) -> None:
    world.save()
    world.queued()
    world.worker(**seen_ago)


def _retry_later(world: World) -> None:
    """The only mail was tried a moment ago and has its next turn in the future."""
    world.save()
    world.failed()
    world.clock.advance(minutes=1)
    with world.runtime.database.transaction() as session:
        reset_mail(session, world.runtime, "dana@acme.test").due_at = world.clock() + timedelta(
            minutes=5
        )


def _due_far_ahead(world: World) -> None:
    world.save()
    with world.runtime.database.transaction() as session:
        mail = reset_mail(session, world.runtime, "dana@acme.test")
        mail.due_at = mail.created_at = world.clock() + timedelta(days=2)


def _run_out(world: World) -> None:
    world.save()
    queue_resets(
        world.runtime, ["dana@acme.test"], expires_at=world.clock() + timedelta(minutes=30)
    )
    world.clock.advance(hours=1)


def _wrong_clock(world: World) -> None:
    world.save()
    world.tested(REFUSED, ahead=timedelta(days=2))
    world.sent()


def _password(world: World) -> None:
    world.save(username="novantra", password="Kanari-47 secret")


CASES = [
    Case("never set up", steps(), "pending", "Not set up", level="warn"),
    Case("never used", steps("save"), "unproven", "Set up, nothing sent yet"),
    Case("the last send worked", steps("save", "sent"), "working", "Sending normally", "", "good"),
    Case(
        "worked under an older configuration",
        steps("save", "sent", ("save", "relay.invalid")),
        "unproven",
        "Changed, not tried yet",
    ),
    Case(
        "failed under an older configuration",
        steps("save", "failed", ("save", "right.acme.test")),
        "unproven",
        "Changed, not tried yet",
        failures=1,
    ),
    Case(
        "worked, then changed, then the test failed",
        steps("save", "sent", ("save", "relay.invalid"), ("tested", FailureCode.DNS_NOT_FOUND)),
        "failing",
        "The test failed",
        "The last test email failed",
        "bad",
    ),
    Case(
        "a passed test only",
        steps("save", "tested"),
        "working",
        "Tested, ready to send",
        "",
        "good",
    ),
    Case(
        "a test of an older configuration",
        steps("save", "tested", ("save", "other.acme.test")),
        "unproven",
        "Changed, not tried yet",
    ),
    Case(
        "a passed test newer than the failed send",
        steps("save", "failed", "tested"),
        "working",
        "Tested, ready to send",
        level="good",
        failures=1,
    ),
    Case(
        "a failed send newer than the passed test",
        steps("save", "tested", "failed"),
        "failing",
        "Failing",
        level="bad",
        failures=1,
    ),
    Case(
        "a successful send newer than the failed test",
        steps("save", ("tested", REFUSED), "sent"),
        "working",
        "Sending normally",
        level="good",
    ),
    Case(
        "a failed test noted by a clock two days ahead, then a successful send",
        _wrong_clock,
        "working",
        "Sending normally",
        level="good",
    ),
    Case(
        "one greylisted recipient",
        steps("save", ("failed", FailureCode.RECIPIENT_TEMPORARY)),
        "failing",
        "Failing",
        level="bad",
        alarm=False,
        failures=1,
    ),
    Case(
        "waiting without a worker",
        steps("save", "queued"),
        "stalled",
        "Nobody delivers",
        "mailer worker",
        "bad",
        waiting=1,
    ),
    Case(
        "waiting with a worker",
        _waiting_for_a_worker,
        "unproven",
        "First attempt under way",
        waiting=1,
    ),
    Case(
        "waiting with a worker that gave no sign for a minute",
        lambda world: _waiting_for_a_worker(world, minutes=1),
        "stalled",
        "Nobody delivers",
        level="bad",
        waiting=1,
    ),
    Case(
        "waiting with a worker whose clock was an hour ahead",
        lambda world: _waiting_for_a_worker(world, hours=-1),
        "stalled",
        "Nobody delivers",
        level="bad",
        waiting=1,
    ),
    Case(
        "waiting for no longer than a restart takes",
        lambda world: (world.save(), world.queued(for_seconds=5)),
        "unproven",
        "Waits to be taken up",
        "no process delivers just now",
        waiting=1,
    ),
    Case(
        "nothing due without a worker: the next attempt comes later",
        _retry_later,
        "failing",
        "Failing, trying again",
        level="warn",
        failures=1,
        waiting=1,
    ),
    Case(
        "a pasted list that nobody works off",
        steps("save", "list_pasted"),
        "stalled",
        "Nobody delivers",
        "30 mails are due",
        "bad",
        waiting=30,
    ),
    Case(
        "run out because nobody delivers",
        _run_out,
        "stalled",
        "Nobody delivers",
        "",
        "bad",
        waiting=1,
    ),
    Case(
        "held by a refused password",
        steps("save", "paused", "queued"),
        "paused",
        "Paused",
        "refuses our user name and password",
        "bad",
        failures=1,
        waiting=1,
    ),
    Case(
        "paused by hand",
        steps("save", "sent", "paused_by_hand", "queued"),
        "paused",
        "Paused by hand",
        "by alice@acme.test: the relay moves",
        "warn",
        waiting=1,
    ),
    Case(
        "resumed by hand after a failure",
        steps("save", "paused", "resumed"),
        "unproven",
        "Changed, not tried yet",
        failures=1,
    ),
    Case(
        "resumed while no worker runs that could let the held mail go",
        lambda world: (
            steps("save", "paused", "queued", "resumed")(world),
            world.clock.advance(minutes=1),
        ),
        "stalled",
        "Nobody delivers",
        level="bad",
        failures=1,
        waiting=1,
    ),
    Case(
        "due two days ahead, because the clock was wrong, and no worker",
        _due_far_ahead,
        "stalled",
        "Nobody delivers",
        level="bad",
        waiting=1,
    ),
    Case(
        "paused by hand and resumed, having worked before",
        steps("save", "sent", "paused_by_hand", "resumed"),
        "working",
        "Sending normally",
        level="good",
    ),
    Case(
        "one refused recipient",
        steps("save", ("refused", "gone@acme.test")),
        "unproven",
        "Set up, nothing sent yet",
    ),
    Case(
        "twelve refused recipients in twelve domains",
        lambda world: (world.save(), world.refused(*TWELVE)),
        "failing",
        "Failing",
        "The last 12 mails, to different domains",
        "bad",
        failures=12,
    ),
    Case(
        "twelve refused recipients in one domain",
        lambda world: (world.save(), world.refused(*(f"p{n}@gone.test" for n in range(12)))),
        "unproven",
        "Set up, nothing sent yet",
    ),
    Case(
        "twelve refused recipients with a success among them",
        lambda world: (
            world.save(),
            world.refused(*TWELVE[:6]),
            world.sent(),
            world.refused(*TWELVE[6:]),
        ),
        "working",
        "Sending normally",
        level="good",
    ),
    Case(
        "refused in twelve domains, then another configuration",
        lambda world: (world.save(), world.refused(*TWELVE), world.save("other.acme.test")),
        "unproven",
        "Changed, not tried yet",
        failures=12,
    ),
    Case(
        "no key",
        lambda world: (_password(world), world.no_key()),
        "failing",
        "Held: keys missing",
        "The key file is missing",
        "bad",
        keys="unusable",
    ),
    Case(
        "a key that does not open the password",
        lambda world: (_password(world), world.sent(), world.another_key()),
        "failing",
        "Held: wrong key",
        "does not open what is stored",
        "bad",
        keys="wrong",
    ),
    Case(
        "a key that does not open the mail that waits",
        lambda world: (world.save(), world.queued(), world.another_key()),
        "failing",
        "Held: wrong key",
        "does not open what is stored",
        "bad",
        waiting=1,
        keys="wrong",
    ),
    Case(
        "the console, which delivers nothing",
        lambda world: (world.save(provider="console"), world.sent()),
        "unproven",
        "Development only",
        level="warn",
    ),
]


def told(runtime: Runtime) -> CurrentHealth:
    with runtime.database.session(reading=True) as session:
        return summarise(session, runtime).mail


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_everybody_tells_the_same(
    case: Case, app: Flask, runtime: Runtime, clock: Clock, admin_client: FlaskClient
) -> None:
    case.arrange(World(runtime, clock))
    answer = told(runtime)
    assert (answer.health, answer.words, answer.level) == (case.health, case.words, case.level)
    assert case.says in f"{answer.cause} {answer.step} {answer.command}"
    pill = f'class="pill {case.level}"'

    page = MailerPage(admin_client).open()
    assert page.fact("mail-health") == case.health
    assert page.fact("consecutive-failures") == str(case.failures)
    assert re.search(rf'{pill}[^>]*id="mail-state"[^>]*>{case.words}<', page.text)

    overview = admin_client.get("/admin/system").text
    assert f"<span {pill}>{case.words}</span>" in overview

    elsewhere = Page(admin_client.get("/admin/system/audit"))
    dot = re.search(
        r'href="/admin/system/mailer">Mailer\s*<span class="dot (\w+)" title="([^"]*)"',
        elsewhere.text,
    )
    assert (html.unescape(dot[2]) if dot else None) == (case.words if case.is_alarm else None)
    assert dot is None or dot[1] == case.level
    banner = re.search(r'id="notice-(mail-[a-z]+|keys)"', elsewhere.text)
    if not case.is_alarm:
        assert banner is None
    elif case.keys != "ok":
        assert banner
        assert banner[1] == "keys"
    else:
        assert banner
        assert banner[1] == f"mail-{case.health}"

    result = app.test_cli_runner().invoke(args=["mailer", "status", "--json"])
    facts = json.loads(result.output)
    assert result.exit_code == case.exit_code
    assert (facts["health"], facts["keys"]) == (case.health, case.keys)
    assert (facts["consecutive_failures"], facts["queued"]) == (case.failures, case.waiting)
    assert case.words in app.test_cli_runner().invoke(args=["mailer", "status"]).output

    ready = app.test_client().get("/readyz")
    assert ready.status_code == (200 if case.keys == "ok" else 503)
    assert ready.json["keys"] == case.keys
    mail = ready.json["mail"]
    assert (mail["health"], mail["held"]) == (case.health, answer.held)
    assert (mail["consecutive_failures"], mail["queued"]) == (case.failures, case.waiting)

    metrics = app.test_client().get("/metrics").text
    assert f'novantra_mail_health{{health="{case.health}"}} 1.0' in metrics
    assert metrics.count("novantra_mail_health{") == 6
    assert f"novantra_mail_consecutive_failures {float(case.failures)}" in metrics
    assert f"novantra_mail_waiting {float(case.waiting)}" in metrics


def test_mail_is_held_exactly_where_somebody_must_act_before_it_goes_out(
    runtime: Runtime, clock: Clock
) -> None:
    world = World(runtime, clock)
    world.save()
    assert not told(runtime).held
    world.failed()
    assert not told(runtime).held, "a relay that is away is tried again"
    world.paused_by_hand()
    assert told(runtime).held
    world.resumed()
    world.queued()
    assert told(runtime).held, "nobody delivers"


def test_the_tenth_refusal_in_a_row_counts_those_before_it(runtime: Runtime, clock: Clock) -> None:
    world = World(runtime, clock)
    world.save()
    world.refused(*TWELVE[:9])
    with runtime.database.session(reading=True) as session:
        assert summarise(session, runtime).health.consecutive_failures == 0
    world.refused(TWELVE[9])
    with runtime.database.session(reading=True) as session:
        assert summarise(session, runtime).health.consecutive_failures == 10
    world.sent()
    world.refused(TWELVE[10])
    with runtime.database.session(reading=True) as session:
        assert summarise(session, runtime).health.consecutive_failures == 0
