"""Pages that cause mail, with a healthy relay, a refusing one and one that never speaks.

The peer of each ratio is the same page with the healthy relay, in the same run.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench.figures import Figure, slower
from bench.setting import Bench
from tests.faults.server import BadServer
from tests.functional.install import Person, RunningInstall, walk_wizard
from tests.relays.ports import free_port
from tests.smtpd import Relay

ROUNDS = 40
LIMIT = 1.1


class Nobody(AbstractContextManager["Nobody"]):
    """A port on which nothing listens."""

    def __init__(self) -> None:
        self.port = free_port()

    def __exit__(self, *_: object) -> None:
        return None


def measure(make_relay: Callable[[], Any]) -> dict[str, float]:
    """Median milliseconds of each request that causes mail."""
    with (
        tempfile.TemporaryDirectory() as folder,
        make_relay() as relay,
        RunningInstall(Path(folder) / "data", NOVANTRA_RATELIMIT="off") as install,
    ):
        person = Person(install.url)
        walk_wizard(install, person, provider="smtp", sender_address="novantra@acme.test",
                    host="127.0.0.1", port=str(relay.port), secure=None)  # type: ignore[arg-type]  # fmt: skip
        visitor = Person(install.url)
        times: dict[str, list[float]] = {"forgot-password": [], "invitation": []}
        for number in range(ROUNDS):
            visitor.open("/forgot-password")
            started = time.perf_counter()
            visitor.submit("email", email=f"person{number % 2 and number}@acme.test")
            times["forgot-password"].append(time.perf_counter() - started)
            person.open("/organizations/acme/members")
            started = time.perf_counter()
            person.submit("email", email=f"new{number}@partner.test", role="member")
            times["invitation"].append(time.perf_counter() - started)
        return {name: statistics.median(values) * 1000 for name, values in times.items()}


def run(_bench: Bench) -> Iterable[Figure]:
    healthy = measure(lambda: Relay(tls="none"))
    for name, make in (("refuses", Nobody), ("is silent", lambda: BadServer("F01"))):
        for page, value in measure(make).items():
            yield slower(
                f"POST {page}, the relay {name}",
                value,
                "the same, the relay healthy",
                healthy[page],
                at_most=LIMIT,
            )
