"""One run: an install under load whose processes are killed at random, then everything settled."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import text

from app.database import Database
from tests.chaos.relay import MoodyRelay
from tests.functional.install import ROOT, Person, RunningInstall, sign_in, walk_wizard
from tests.functional.office import INVITATIONS, MEMBERS, relay_fields

CONNECTIONS = 4
ENOUGH_KILLS, ENOUGH_MAILS = 6, 30
LEASE = 1 + 20 + 30
"""Seconds after which what a killed worker held is anybody's: timeout, session, and the reserve."""


@dataclass
class Ran:
    """What a run did. ``promised``: recipients whose invitation was answered with 303."""

    promised: set[str] = field(default_factory=set)
    kills: list[float] = field(default_factory=list)
    log: str = ""
    paused: bool = False
    left_over: int = 0


class Worker:
    """``mailer worker`` beside the web process, restarted after each kill as systemd would."""

    def __init__(self, install: RunningInstall) -> None:
        self._install = install
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        words = ("mailer", "worker", "--connections", str(CONNECTIONS))
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env=self._install.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.process = self._start()


class Inviter(threading.Thread):
    """Invites one address after the other and notes which the program said yes to."""

    def __init__(self, url: str, name: str, ran: Ran, stopping: threading.Event) -> None:
        super().__init__(daemon=True)
        self._url, self._name, self._ran, self._stopping = url, name, ran, stopping

    def run(self) -> None:
        person, number = Person(self._url), 0
        while not self._stopping.is_set():
            number += 1
            addresses = [f"{self._name}-{number}-{n}@acme.test" for n in range(1 + number % 2 * 19)]
            try:
                if person.open(MEMBERS).path == "/login":
                    sign_in(person)
                self._invite(person, addresses)
            except (httpx.TransportError, AssertionError):
                self._stopping.wait(0.2)  # killed in the middle: nothing was promised
            self._stopping.wait(0.1)

    def _invite(self, person: Person, addresses: list[str]) -> None:
        person.open(MEMBERS)
        form = {"csrf_token": person.form_with("email").fields["csrf_token"], "role": "member"}
        many = {"emails": "\n".join(addresses)} if len(addresses) > 1 else {"email": addresses[0]}
        answer = person.http.post(INVITATIONS, data={**form, **many}, follow_redirects=False)
        if answer.status_code == 303:
            self._ran.promised.update(addresses)


def run(folder: Path, url: str, relay: MoodyRelay, *, seed: int, seconds: float) -> Ran:
    """Load, kills and moods for so many seconds; then heal, wait, and stop cleanly."""
    ran, dice = Ran(), random.Random(seed)  # noqa: S311 - a seed makes a run repeatable
    environment = {
        "NOVANTRA_DATABASE_URL": url,
        "NOVANTRA_RATELIMIT": "off",
        "NOVANTRA_INVITATIONS_PER_DAY": "100000",
    }
    install = RunningInstall(folder / "data", **environment)
    with install:
        alice = Person(install.url)
        fields = relay_fields(relay, connection_timeout="1")  # type: ignore[arg-type]
        walk_wizard(install, alice, provider="smtp", **fields)
        with _load(install, ran), _workers(install, 2) as workers:
            _harass(install, workers, relay, ran, dice, seconds)
        relay.heal()
        _settle(install, url, ran)
        ran.log = install.log
    return ran


@contextmanager
def _load(install: RunningInstall, ran: Ran) -> Iterator[None]:
    stopping = threading.Event()
    inviters = [Inviter(install.url, name, ran, stopping) for name in ("ada", "ben", "cleo")]
    for inviter in inviters:
        inviter.start()
    try:
        yield
    finally:
        stopping.set()
        for inviter in inviters:
            inviter.join(60)


@contextmanager
def _workers(install: RunningInstall, number: int) -> Iterator[list[Worker]]:
    workers = [Worker(install) for _ in range(number)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.wait(60)


def _harass(
    install: RunningInstall,
    workers: list[Worker],
    relay: MoodyRelay,
    ran: Ran,
    dice: random.Random,
    seconds: float,
) -> None:
    begin = time.monotonic()
    while time.monotonic() < begin + seconds or (
        # On a busy machine, longer: a run with hardly a kill or a mail shows nothing.
        (len(ran.kills) < ENOUGH_KILLS or len(ran.promised) < ENOUGH_MAILS)
        and time.monotonic() < begin + 4 * seconds
    ):
        time.sleep(dice.uniform(0.5, 2.5))
        relay.change_mood()
        ran.kills.append(time.time())
        if dice.random() < 0.2:
            install.kill()
            install.start()
        else:
            victim = dice.choice(workers)
            victim.kill()
            victim.restart()


def _settle(install: RunningInstall, url: str, ran: Ran) -> None:
    """Waits until everything has left, letting the pauses between attempts pass at once."""
    database = Database(url)
    until = time.monotonic() + LEASE + 120
    try:
        while time.monotonic() < until:
            with database.transaction() as session:
                session.execute(
                    text(
                        "UPDATE outbox_messages SET due_at = created_at"
                        " WHERE state = 'queued' AND attempts > 0"
                    )
                )
            mail = httpx.get(f"{install.url}/readyz", trust_env=False, timeout=30).json()["mail"]
            ran.paused = mail["state"] == "paused"
            ran.left_over = mail["queued"]
            if ran.left_over == 0 or ran.paused:
                return
            time.sleep(1)
    finally:
        database.close()
