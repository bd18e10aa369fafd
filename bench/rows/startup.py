"""From the command to the first page; memory held after a crowd signed in and pages were read."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bench.figures import Figure, within
from bench.setting import Bench, FromNothing
from tests.functional.install import Person, sign_in, walk_wizard

RUNS = 5
CROWD = 10
LIMIT_SECONDS, LIMIT_MB = 3.0, 150.0


def resident_mb(pid: int) -> float:
    """Resident set size in MB, from Linux's ``/proc``."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell memory in /proc")


def run(_bench: Bench) -> Iterable[Figure]:
    times, memory = [], 0.0
    for number in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            install = FromNothing(Path(folder) / "data", NOVANTRA_RATELIMIT="off")
            started = time.perf_counter()
            with install:
                httpx.get(f"{install.url}/setup", trust_env=False).raise_for_status()
                times.append(time.perf_counter() - started)
                if number == RUNS - 1:
                    person = Person(install.url)
                    walk_wizard(install, person, provider="console",
                                sender_address="novantra@acme.test")  # fmt: skip
                    with ThreadPoolExecutor(CROWD) as crowd:
                        people = [Person(install.url) for _ in range(CROWD * 4)]
                        list(crowd.map(sign_in, people))
                    for _ in range(50):
                        person.open("/admin/system/mailer")
                    memory = resident_mb(install.pid)
    yield within(
        "from the command to the first page", statistics.median(times), LIMIT_SECONDS, " s"
    )
    yield within("memory after 40 people signed in", memory, LIMIT_MB, " MB")
