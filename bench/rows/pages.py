"""Server time of every console page on the embedded database: medians of 30 requests."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench.figures import Figure, within
from bench.setting import Bench
from tests.console import CONSOLE
from tests.functional.install import Person, RunningInstall, walk_wizard

PAGES = (*CONSOLE, "/forgot-password", "/unlock")
REQUESTS = 30
LIMIT_MS = 50.0


def run(_bench: Bench) -> Iterable[Figure]:
    medians: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningInstall(Path(folder) / "data", NOVANTRA_RATELIMIT="off") as install,
    ):
        person = Person(install.url)
        walk_wizard(install, person, provider="console", sender_address="novantra@acme.test")
        for page in PAGES:
            times = []
            for _ in range(REQUESTS):
                started = time.perf_counter()
                answer = person.http.get(page)
                times.append((time.perf_counter() - started) * 1000)
                answer.raise_for_status()
            medians[page] = statistics.median(times)
    slowest = max(medians, key=lambda page: medians[page])
    yield within(f"slowest of {len(PAGES)} pages, {slowest}", medians[slowest], LIMIT_MS, " ms")
