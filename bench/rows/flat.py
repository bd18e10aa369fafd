"""The rate at which mail goes out, the more of it is queued behind.

2,000 mails come due in a queue of so many in all; the others have their turn later. Beside the
rate with a queue of 1,000 more.
"""

from __future__ import annotations

from collections.abc import Iterable

from bench.figures import Figure, faster
from bench.setting import Bench, installed, sink

MAILS = 2_000
QUEUED = (1_000, 10_000, 100_000, 1_000_000)


def run(bench: Bench) -> Iterable[Figure]:
    number = bench.so_many(MAILS)
    rates = {}
    with sink() as port:
        for behind in QUEUED:
            with installed(bench.folder_for(str(behind)), port) as install:
                install.queue_later(bench.so_many(behind))
                with install.workers("--connections", "4"):
                    rates[behind] = number / install.drained(number)
    first = rates[QUEUED[0]]
    for behind in QUEUED[1:]:
        yield faster(
            f"rate with {behind:,} queued, SQLite",
            rates[behind],
            f"the same with {QUEUED[0]:,}",
            first,
            at_least=0.9,
        )
