"""How many workers a machine has use for: 5,000 mails and 1, 2 and 4 workers of 2 connections.

Workers, PostgreSQL and the relay share this machine's cores, so it stops where they are used up;
on hosts of their own, workers stop where the database does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from bench.figures import Figure, faster
from bench.setting import Bench, installed, sink

MAILS = 5_000
NUMBERS = (1, 2, 4)


def run(bench: Bench) -> Iterable[Figure]:
    mails = bench.so_many(MAILS)
    with sink() as port, bench.databases() as names:
        for name in names:
            rates = {}
            for number in NUMBERS:
                folder = bench.folder_for(f"{name} {number}")
                with installed(folder, port, name) as install:
                    words = ("--connections", "2", "--processes", str(number))
                    with install.workers(*words, processes=number):
                        rates[number] = mails / install.drained(mails)
            for number in NUMBERS[1:]:
                yield faster(
                    f"{number} processes, {name}",
                    rates[number],
                    "one",
                    rates[1],
                    why=f"{os.cpu_count()} cores, which relay and database need as well",
                )
