"""What an install takes while nothing happens, and a worker's memory with 100,000 mails queued."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from bench.figures import Figure, within
from bench.setting import Bench, FromNothing, installed, sink
from tests.functional.install import Person, walk_wizard

SECONDS = 60
QUEUED, MAILS = 100_000, 5_000
LIMIT_PERCENT, LIMIT_MB = 0.5, 150.0


def run(bench: Bench) -> Iterable[Figure]:
    with sink() as port:
        with FromNothing(bench.folder_for("idle") / "data") as install:
            person = Person(install.url)
            mailer = {"sender_address": "novantra@acme.test", "host": "127.0.0.1"}
            walk_wizard(
                install,
                person,
                provider="smtp",
                port=str(port),
                secure=None,
                **mailer,  # type: ignore[arg-type]
            )
            time.sleep(5)
            percent = _processor_seconds(install.pid)
            seconds = bench.so_many(SECONDS)
            time.sleep(seconds)
            percent = (_processor_seconds(install.pid) - percent) / seconds * 100
        yield within("processor time, idle, serving and delivering", percent, LIMIT_PERCENT, " %")
        with installed(bench.folder_for("memory"), port) as install:
            install.queue_later(bench.so_many(QUEUED))
            with install.workers("--connections", "4") as pids:
                install.drained(bench.so_many(MAILS))
                yield within(
                    f"a worker's memory at most, {QUEUED:,} queued",
                    _most_memory(pids[0]),
                    LIMIT_MB,
                    " MB",
                )


def _processor_seconds(pid: int) -> float:
    """Of a process so far, from Linux's ``/proc``."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _most_memory(pid: int) -> float:
    """The most that was resident at any time, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell memory in /proc")
