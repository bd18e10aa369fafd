"""Pages that cause mail, with a healthy relay, a refusing one and one that never speaks.

The peer of each ratio is the same page with the healthy relay, in the same run.
"""

from __future__ import annotations

import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from bench.figures import Figure, slower
from bench.setting import Bench
from tests.functional.install import Person, RunningInstall, walk_wizard
from tests.relays.ports import free_port
from tests.smtpd import Relay

ROUNDS = 40
LIMIT = 1.1

Relays = Callable[[int], AbstractContextManager[object]]
"""What is at a port."""


def healthy(port: int) -> AbstractContextManager[object]:
    return Relay(tls="none", port=port)


def nobody(_port: int) -> AbstractContextManager[object]:
    return nullcontext()


def silent(port: int) -> AbstractContextManager[object]:
    """Connections are made, by the system, and nothing is ever said."""
    return socket.create_server(("127.0.0.1", port), backlog=128)


def measure(relay: Relays, rounds: int) -> dict[str, float]:
    """Median milliseconds of each request that causes mail. The wizard meets a relay that works."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningInstall(Path(folder) / "data", NOVANTRA_RATELIMIT="off") as install,
    ):
        person = Person(install.url)
        with healthy(port):
            walk_wizard(install, person, provider="smtp", sender_address="novantra@acme.test",
                        host="127.0.0.1", port=str(port), secure=None)  # type: ignore[arg-type]  # fmt: skip
        with relay(port):
            return _medians(install, person, rounds)


def _medians(install: RunningInstall, person: Person, rounds: int) -> dict[str, float]:
    visitor = Person(install.url)
    times: dict[str, list[float]] = {"forgot-password": [], "invitation": []}
    for number in range(rounds):
        visitor.open("/forgot-password")
        started = time.perf_counter()
        visitor.submit("email", email=f"person{number % 2 and number}@acme.test")
        times["forgot-password"].append(time.perf_counter() - started)
        person.open("/organizations/acme/members")
        started = time.perf_counter()
        person.submit("email", email=f"new{number}@partner.test", role="member")
        times["invitation"].append(time.perf_counter() - started)
    return {name: statistics.median(values) * 1000 for name, values in times.items()}


def run(bench: Bench) -> Iterable[Figure]:
    rounds = bench.so_many(ROUNDS)
    beside = measure(healthy, rounds)
    for name, relay in (("refuses", nobody), ("is silent", silent)):
        for page, value in measure(relay, rounds).items():
            yield slower(
                f"POST {page}, the relay {name}",
                value,
                "the same, the relay healthy",
                beside[page],
                at_most=LIMIT,
            )
