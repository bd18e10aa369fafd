"""Which tests run again on PostgreSQL: enough to ask it for everything that any test asks.

``--note-sent=FOLDER`` has a run on SQLite note for each test whether it asked for a database, what
was sent there (:mod:`tests.sent`), and how long it took. ``--repeat=FOLDER`` has a run on
PostgreSQL leave out each test of which every single trace is among those of the tests that stay.
Tests of a file that share a fixture build on one another: they go together.
Never left out is a test with a database that measures time, stands in a file that speaks of
PostgreSQL, threads or killed processes, or started a program that could not be heard; nor one that
did not pass, as what is skipped on SQLite may be about PostgreSQL alone; nor one that nobody noted.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import chain
from pathlib import Path

import pytest

from tests import databases, sent

NOTE, REPEAT, PARTS = "--note-sent", "--repeat", "--some-of"
WHOLE_FILES = re.compile(r"postgres|is_sqlite|threading|SIGKILL|\.kill\(", re.IGNORECASE)
"""What a file says whose tests are about more than single transactions."""
WHOLE_MARKS = frozenset({"timing", "chaos"})
SHARED = 'scope="module"'
ROOT = Path(__file__).parents[1]


@dataclass
class Noted:
    """One test on SQLite. ``asked`` for a database; ``sent``: its traces; ``whole``: not to be
    weighed by its traces, which are not all that it is about."""

    name: str
    asked: bool
    sent: list[str]
    seconds: float
    passed: bool = True
    whole: bool = False

    @property
    def file(self) -> str:
        return self.name.partition("::")[0]


@dataclass
class Choice:
    """What is repeated, and what is not, by the reason why."""

    stays: list[Noted]
    no_database: list[Noted]
    said_by_others: list[Noted]

    @property
    def left_out(self) -> frozenset[str]:
        return frozenset(one.name for one in (*self.no_database, *self.said_by_others))

    def __str__(self) -> str:
        seconds = sum(one.seconds for one in self.said_by_others)
        return (
            f"{len(self.stays)} tests are repeated. Left out: {len(self.no_database)} without a "
            f"database, and {len(self.said_by_others)} ({seconds:.0f} s) that send it nothing "
            "but what the repeated ones send"
        )


def choose(tests: Iterable[Noted]) -> Choice:
    """The cheapest tests that send everything, found one after the other."""
    stays, no_database, waiting = [], [], {}
    for one in _together(tests):
        if any(not test.passed or (test.asked and (test.whole or not test.sent)) for test in one):
            stays.append(one)
        elif any(test.asked for test in one):
            waiting[one[0].name] = one
        else:
            no_database.append(one)
    covered = {trace for one in stays for test in one for trace in test.sent}
    # What a test would bring only shrinks. Whoever still brings as much as was thought when its
    # turn comes brings the most for its time.
    heap = [(-_worth(one, covered), name) for name, one in waiting.items()]
    heapify(heap)
    while heap and heap[0][0]:
        thought, name = heappop(heap)
        now = -_worth(waiting[name], covered)
        if now > thought:
            heappush(heap, (now, name))
            continue
        stays.append(waiting.pop(name))
        covered.update(trace for test in stays[-1] for trace in test.sent)
    return Choice(
        *(list(chain.from_iterable(ones)) for ones in (stays, no_database, waiting.values()))
    )


def _together(tests: Iterable[Noted]) -> list[list[Noted]]:
    """Each by itself, or all of a file."""
    found: dict[str, list[Noted]] = {}
    for one in sorted(tests, key=lambda one: one.name):
        found.setdefault(one.file if _is_shared(one.file) else one.name, []).append(one)
    return list(found.values())


def _worth(tests: list[Noted], covered: set[str]) -> float:
    brings = {trace for test in tests for trace in test.sent} - covered
    return len(brings) / (sum(test.seconds for test in tests) + 0.05)


def noted_in(folder: Path) -> list[Noted]:
    """What the processes of a run wrote there.

    The database of a module is asked for in its first test, and used by all that send something.
    """
    found = list(_lines(folder))
    asked = {one.file for one in found if one.asked}
    for one in found:
        one.asked = one.asked or (one.file in asked and bool(one.sent))
        one.whole = one.whole or _is_whole(one.file)
    return found


def _lines(folder: Path) -> Iterator[Noted]:
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text().splitlines():
            yield Noted(**json.loads(line))


@cache
def _is_whole(file: str) -> bool:
    return bool(WHOLE_FILES.search((ROOT / file).read_text()))


@cache
def _is_shared(file: str) -> bool:
    path = ROOT / file
    return path.exists() and SHARED in path.read_text()


def add_options(parser: pytest.Parser) -> None:
    parser.addoption(NOTE, metavar="FOLDER", help="note there what each test sends to its database")
    parser.addoption(REPEAT, metavar="FOLDER", help="leave out what need not run on PostgreSQL too")
    parser.addoption(PARTS, metavar="PARTS", help="fail unless a test of each of these passes")


def take_options(config: pytest.Config) -> None:
    """In each process of a run."""
    in_charge = not hasattr(config, "workerinput")
    notes, repeat, parts = map(config.getoption, (NOTE, REPEAT, PARTS))
    if notes and not (in_charge and config.getoption("numprocesses", None)):
        config.pluginmanager.register(Notes(Path(notes)))
    if repeat:
        config.pluginmanager.register(Repeated(Path(repeat)))
    if parts and in_charge:
        config.pluginmanager.register(Parts(parts))


class Notes:
    """Writes a line for each test, in the process where it ran."""

    def __init__(self, folder: Path) -> None:
        children = folder / "children" / str(os.getpid())
        children.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{os.getpid()}.jsonl"
        self._seconds = 0.0
        self._passed = True
        sent.listen(children)

    @pytest.hookimpl(tryfirst=True)  # before anybody else hears that the test has ended
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds += report.duration
        self._passed = self._passed and report.passed
        if report.when != "teardown":
            return
        traces, unheard = sent.collect()
        whole = unheard or not WHOLE_MARKS.isdisjoint(report.keywords)
        noted = Noted(report.nodeid, databases.asked(), traces, self._seconds, self._passed, whole)
        with self._file.open("a") as file:
            file.write(json.dumps(asdict(noted)) + "\n")
        self._seconds, self._passed = 0.0, True


class Repeated:
    """Leaves out, and says how many and why."""

    def __init__(self, folder: Path) -> None:
        self._choice = choose(noted_in(folder))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(str(self._choice))

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        out = self._choice.left_out
        left = [test for test in items if test.nodeid in out]
        items[:] = [test for test in items if test.nodeid not in out]
        config.hook.pytest_deselected(items=left)


class Parts:
    """Fails a run in which no test of a part passed that somebody counts on."""

    def __init__(self, expected: str) -> None:
        self._left = set(expected.split(","))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._left.discard(report.nodeid.partition("::")[0].split("/")[1])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._left and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left:
            terminalreporter.section("no test passed of")
            terminalreporter.write_line(" ".join(sorted(self._left)))
