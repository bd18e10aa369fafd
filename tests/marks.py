"""What a mark promises is held: only a test that says so starts the program as a process.

A start costs a second of a core. ``make test`` leaves out what carries one of these marks, so that
it stays a matter of minutes; ``make test-all`` leaves out nothing but ``chaos`` and ``timing``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

STARTING = frozenset({"process", "browser", "relay", "timing", "chaos"})


@contextmanager
def starting_is_marked(test: pytest.Item) -> Iterator[None]:
    """While that test runs: Python is started only under a mark that says so."""
    if STARTING.intersection(mark.name for mark in test.iter_markers()):
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
