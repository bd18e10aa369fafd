"""``make bench``: every row of the table, or those named; ``bench/results.md`` says how it went.

Exit 1 when a goal was missed, 2 for a row that does not exist.
"""

from __future__ import annotations

import argparse
import pkgutil
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench import rows
from bench.figures import Figure, table
from bench.machine import described
from bench.setting import Bench

RESULTS = Path(__file__).parent / "results.md"

HEAD = """# What was measured

Written by `make bench`. Everything in a row was measured in the same run, ours beside others; a
figure from another machine, or another day, says nothing beside these.

"""


def main() -> int:
    names = [module.name for module in pkgutil.iter_modules(rows.__path__)]
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of: {', '.join(names)}")
    parser.add_argument("--scale", type=float, default=1.0, help="of how many; 0.1 for a look")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.rows) - set(names))
    if unknown:
        print(f"There is no row {', '.join(unknown)}; there are {', '.join(names)}.")
        return 2
    figures: list[Figure] = []
    for name in chosen.rows or names:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            row = import_module(f"bench.rows.{name}")
            found = list(row.run(Bench(Path(folder), scale=chosen.scale)))
        figures += found
        print(f"{name} ({time.monotonic() - began:.0f} s)", table(found), sep="\n", flush=True)
    if not chosen.rows and chosen.scale == 1.0:
        RESULTS.write_text(f"{HEAD}{described()}\n\n{table(figures)}\n")
        print(f"Written to {RESULTS}.")
    return 1 if any(figure.met is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
