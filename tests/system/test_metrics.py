"""``/metrics``: counted in the database, alike from every process, and what the rules ask for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from app.counters import counted
from app.mail.failures import FailureCode
from app.outbox.settle import ATTEMPTS_MADE
from app.outbox.worker import deliver_next
from app.runtime import EXTENSION, Runtime
from app.system.counted import SENT
from tests.conftest import Clock
from tests.mailer.situations import World
from tests.needs import need
from tests.outbox.letters import configure, queue_resets
from tests.smtpd import Relay
from tests.visitor import Mailbox

MONITORING = Path(__file__).parents[2] / "contrib" / "monitoring"
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(app: Flask) -> Values:
    text = app.test_client().get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Values, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0)


def test_attempts_are_counted_by_kind_and_outcome_code_and_phase(
    app: Flask, runtime: Runtime, mailbox: Mailbox, clock: Clock
) -> None:
    queue_resets(runtime, [f"p{number}@acme.test" for number in range(5)])
    assert len(mailbox.deliver()) == 5
    mailbox.relay.stop()
    queue_resets(runtime, ["late@acme.test"])
    mailbox.deliver()
    found = scrape(app)
    attempts = "novantra_mail_attempts_total"
    assert value(found, attempts, kind="password-reset", outcome="sent") == 5
    assert value(found, attempts, kind="password-reset", outcome="retried") == 1
    failures = "novantra_mail_failures_total"
    assert value(found, failures, code="connect_refused", phase="connect") == 1
    assert value(found, "novantra_mail_attempt_seconds_count", phase=SENT) == 5
    assert value(found, "novantra_mail_attempt_seconds_count", phase="connect") == 1
    assert 0 < value(found, "novantra_mail_attempt_seconds_sum", phase=SENT) < 30


def test_every_process_tells_the_same_and_a_restart_forgets_nothing(
    app: Flask, runtime: Runtime, mailbox: Mailbox
) -> None:
    queue_resets(runtime, ["dana@acme.test"])
    mailbox.deliver()
    other = create_app(runtime.config)
    try:
        kinds = ("novantra_mail_attempts", "novantra_mail_failures", "novantra_mail_attempt")
        here, there = scrape(app), scrape(other)
        for key in here:
            if key[0].startswith(kinds):
                assert here[key] == there[key]
        assert value(there, "novantra_mail_attempts_total", kind="password-reset", outcome="sent")
    finally:
        other.extensions[EXTENSION].database.close()


def test_what_ran_out_is_counted(
    app: Flask, runtime: Runtime, mailbox: Mailbox, clock: Clock
) -> None:
    queue_resets(runtime, ["dana@acme.test"], expires_at=clock() + timedelta(minutes=5))
    clock.advance(hours=1)
    mailbox.deliver()
    assert value(scrape(app), "novantra_mail_expired_total") == 1


def names_in(text: str) -> set[str]:
    return set(re.findall(r"novantra_[a-z_]+[a-z]", text)) - {"novantra_"}


def test_rules_dashboard_and_chapter_ask_for_nothing_that_is_not_there(
    app: Flask, runtime: Runtime, clock: Clock
) -> None:
    world = World(runtime, clock)
    world.save()
    world.failed(FailureCode.CONNECT_REFUSED)
    shown = app.test_client().get("/metrics").text
    declared = set(re.findall(r"^# TYPE (\S+) ", shown, re.MULTILINE))
    summaries = {
        f"{name}_{part}"
        for name in re.findall(r"^# TYPE (\S+) summary", shown, re.MULTILINE)
        for part in ("sum", "count")
    }
    known = declared | summaries
    for file in ("rules.yml", "rules_test.yml", "grafana.json"):
        asked = names_in((MONITORING / file).read_text(encoding="utf-8"))
        assert asked, file
        assert asked <= known, (file, asked - known)
    chapter = (MONITORING.parents[1] / "docs" / "monitoring.md").read_text(encoding="utf-8")
    described = names_in(chapter)
    assert described <= known, described - known
    missing = {
        name
        for name in declared
        if name not in chapter and f"`{name.removeprefix('novantra_mail')}`" not in chapter
    }
    assert not missing, f"say in docs/monitoring.md what they are: {missing}"


def test_the_dashboard_is_one() -> None:
    board = json.loads((MONITORING / "grafana.json").read_text(encoding="utf-8"))
    assert board["title"]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) > 10
    assert all(target["expr"] for panel in board["panels"] for target in panel["targets"])


@pytest.mark.parametrize("command", ["check rules rules.yml", "test rules rules_test.yml"])
def test_the_rules_say_what_they_promise(command: str) -> None:
    promtool = shutil.which("promtool")
    need("promtool", found=promtool is not None, how="on Debian, apt install prometheus")
    assert promtool
    done = subprocess.run(
        [promtool, *command.split()], cwd=MONITORING, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_many_workers_count_each_mail_once(runtime: Runtime) -> None:
    with Relay() as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, [f"p{number}@acme.test" for number in range(40)])

        def work() -> None:
            while deliver_next(runtime):
                pass

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        work()
        assert len(relay.envelopes) == 40
    with runtime.database.session(reading=True) as session:
        assert sum(number for _, number, _ in counted(session, ATTEMPTS_MADE)) == 40
