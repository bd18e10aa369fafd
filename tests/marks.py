"""What the marks of tests do: what costs seconds is told apart, begins first and keeps its word.

A start of the program costs a second of a core. ``make test`` leaves out what carries one of the
marks in ``pyproject.toml``, so that it stays a matter of minutes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

STARTING = frozenset({"process", "browser", "relay", "timing"})
LONG = frozenset({"chaos", "process", "browser", "relay", "slow"})


def longest_first(tests: list[pytest.Item]) -> None:
    """Whole files, in which tests keep their order: what waits is waited for beside the rest."""
    weight: dict[object, int] = {}
    for test in tests:
        marks = LONG & marks_of(test)
        heavy = 0 if "chaos" in marks else 1 if marks else 2
        weight[test.path] = min(heavy, weight.get(test.path, heavy))
    tests.sort(key=lambda test: weight[test.path])


def marks_of(test: pytest.Item) -> set[str]:
    return {mark.name for mark in test.iter_markers()}


@contextmanager
def starting_is_marked(test: pytest.Item) -> Iterator[None]:
    """While that test runs: Python is started only under a mark that says so."""
    if STARTING & marks_of(test):
        yield
        return
    start = subprocess.Popen.__init__

    def only_other_programs(process: subprocess.Popen[str], *args: object, **how: object) -> None:
        command = how.get("args", args[0] if args else ())
        if sys.executable in (command if isinstance(command, list | tuple) else [command]):
            pytest.fail(f"{test.nodeid} starts the program: mark it with pytest.mark.process")
        start(process, *args, **how)  # type: ignore[call-overload]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", only_other_programs)
        yield
