"""Runs every measurement (or those named) and prints one JSON line each.

A measurement is a module here with ``run() -> dict``. ``limit`` in the result says what must
hold; ``ok`` whether it did. Exit 1 when one did not.
"""

from __future__ import annotations

import json
import pkgutil
import sys
from importlib import import_module

import bench


def main(names: list[str]) -> int:
    found = [m.name for m in pkgutil.iter_modules(bench.__path__) if not m.name.startswith("_")]
    unknown = sorted(set(names) - set(found))
    if unknown:
        print(f"There is no measurement {', '.join(unknown)}; there are {', '.join(found)}.")
        return 2
    failed = 0
    for name in names or found:
        module = import_module(f"bench.{name}")
        if not hasattr(module, "run"):
            continue
        result = module.run()
        failed += result.get("ok") is False
        print(json.dumps({"bench": name, **result}), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
