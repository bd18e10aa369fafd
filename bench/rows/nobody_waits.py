"""Pages that cause mail, with a healthy relay, a refusing one and one that never speaks.

The peer of each ratio is the same page with the healthy relay, in the same run.
"""

from __future__ import annotations

import socket
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
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


@contextmanager
def behind(relay: Relays, folder: Path) -> Iterator[Visit]:
    """An install whose wizard met a relay that works, and that is at that port now."""
    port = free_port()
    with RunningInstall(folder / "data", NOVANTRA_RATELIMIT="off") as install:
        person = Person(install.url)
        with healthy(port):
            walk_wizard(install, person, provider="smtp", sender_address="novantra@acme.test",
                        host="127.0.0.1", port=str(port), secure=None)  # type: ignore[arg-type]  # fmt: skip
        with relay(port):
            yield Visit(Person(install.url), person)


@dataclass
class Visit:
    """Somebody without an account and somebody with one, and how long their requests took."""

    visitor: Person
    person: Person
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def once(self, number: int) -> None:
        self.visitor.open("/forgot-password")
        started = time.perf_counter()
        self.visitor.submit("email", email=f"person{number % 2 and number}@acme.test")
        self.times["forgot-password"].append(time.perf_counter() - started)
        self.person.open("/organizations/acme/members")
        started = time.perf_counter()
        self.person.submit("email", email=f"new{number}@partner.test", role="member")
        self.times["invitation"].append(time.perf_counter() - started)

    def median(self, page: str) -> float:
        return statistics.median(self.times[page]) * 1000


def run(bench: Bench) -> Iterable[Figure]:
    """All three at once, one request after the other: what slows the machine down slows all."""
    with ExitStack() as stack:
        visits = {
            name: stack.enter_context(behind(relay, bench.folder_for(name)))
            for name, relay in (("healthy", healthy), ("refuses", nobody), ("is silent", silent))
        }
        for number in range(bench.so_many(ROUNDS)):
            for visit in visits.values():
                visit.once(number)
    beside = visits.pop("healthy")
    for name, visit in visits.items():
        for page in visit.times:
            yield slower(
                f"POST {page}, the relay {name}",
                visit.median(page),
                "the same, the relay healthy",
                beside.median(page),
                at_most=LIMIT,
            )
