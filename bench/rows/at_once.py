"""From a form's POST to the relay's 250, on an install that was asleep.

Ours serves and delivers in one process, as most installs run it: a commit wakes whoever delivers.
django-post_office delivers when cron runs its command, by its guide once a minute; what is told is
half a minute (p50) and 59.4 s (p99) and the time that a run takes, which is measured.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable

from bench.figures import Figure, slower
from bench.rows.draining import post_office
from bench.setting import Bench, installed, sink
from tests.chaos.relay import MoodyRelay
from tests.functional.install import Person, RunningInstall, walk_wizard
from tests.functional.office import MEMBERS, relay_fields

ROUNDS, REST = 100, 0.3
LIMIT_MS = 25.0


def run(bench: Bench) -> Iterable[Figure]:
    with sink() as port:
        message = bench.folder / "message.eml"
        with installed(bench.folder_for("message"), port) as install:
            install.queue(1)
            install.message(message)
        folder = bench.folder_for("post_office")
        once = post_office(folder, "SQLite", port, message, 1) * 1000
    took = measure(bench)
    p99 = statistics.quantiles(took, n=100)[-1]
    peer = "django-post_office from cron, every minute"
    for name, ours, theirs in (
        ("p50", statistics.median(took), 30_000 + once),
        ("p99", p99, 59_400 + once),
    ):
        figure = slower(f"POST to 250, idle, {name}", ours, peer, theirs)
        yield Figure(
            **{
                **vars(figure),
                "goal": f"≤ {LIMIT_MS:g} ms",
                "met": ours <= LIMIT_MS,
                "ratio": None,
            }
        )


def measure(bench: Bench) -> list[float]:
    """Milliseconds, each after a rest."""
    took = []
    with (
        MoodyRelay(seed=1) as relay,
        RunningInstall(
            bench.folder_for("install") / "data",
            NOVANTRA_RATELIMIT="off",
            NOVANTRA_INVITATIONS_PER_DAY="100000",
        ) as install,
    ):
        person = Person(install.url)
        walk_wizard(install, person, provider="smtp", **relay_fields(relay))  # type: ignore[arg-type]
        for number in range(bench.so_many(ROUNDS) + 3):
            person.open(MEMBERS)
            time.sleep(REST)
            before, began = len(relay.taken), time.time()
            person.submit("email", email=f"new{number}@partner.test", role="member")
            while len(relay.taken) == before:
                assert time.time() < began + 30, "no mail came"
                time.sleep(0.001)
            if number >= 3:  # the first ones compile templates and prove the relay
                took.append((relay.taken[-1].at - began) * 1000)
    return took
