"""Which files need not run again on PostgreSQL: those in which no test asked for a database.

``--note-without-database FILE`` writes them there at the end of a run on SQLite, and ``.ci/run``
hands them on. A file stays out of the note as soon as one of its tests asked
:func:`tests.databases.new_database`, or did not pass: what is skipped on SQLite may be about
PostgreSQL alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import databases

OPTION = "--note-without-database"
ASKED = ("database", "asked")


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, metavar="FILE", help="write which files used no database there")


def tell_of_databases(test: pytest.Item) -> None:
    """Let the report of this test say whether a database was asked for since the last one."""
    if databases.asked():
        test.user_properties.append(ASKED)


class Note:
    """The files of a run, and those that belong on PostgreSQL as well."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: set[str] = set()
        self._again: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        path = report.nodeid.partition("::")[0]
        self._seen.add(path)
        # Reports come back from other processes, where pairs have become lists.
        if not report.passed or ASKED in map(tuple, report.user_properties):
            self._again.add(path)

    def pytest_sessionfinish(self) -> None:
        self._file.write_text("".join(f"{one}\n" for one in sorted(self._seen - self._again)))


def note_if_wanted(config: pytest.Config) -> None:
    """Where the reports of all processes come together."""
    file = config.getoption(OPTION)
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Note(Path(file)))
