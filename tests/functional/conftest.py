"""A running install for functional tests, trusting the test CA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.certificates import ca_file
from tests.databases import EmptySchema
from tests.functional.install import RunningInstall


@pytest.fixture
def start(
    tmp_path: Path, database_url: str, empty_schema: EmptySchema
) -> Iterator[Callable[..., RunningInstall]]:
    """Starts installs on this test's data folder and database; stops them afterwards.

    The tables are there already: servers that make them are in the tests with a browser, of
    commands, and of upgrades.
    """
    empty_schema.put_into(database_url)
    with ExitStack() as stack:

        def started(name: str = "data", **environment: str) -> RunningInstall:
            environment = {
                "NOVANTRA_DATABASE_URL": database_url,
                "SSL_CERT_FILE": str(ca_file()),
                **environment,
            }
            return stack.enter_context(RunningInstall(tmp_path / name, **environment))

        yield started


@pytest.fixture
def install(start: Callable[..., RunningInstall]) -> RunningInstall:
    """The server as ``make run`` starts it, on a new data folder."""
    return start()


@pytest.fixture
def relay_folder() -> Iterator[Path]:
    """For a real mail server, which gives up its privileges and must still get there.

    Not under pytest's own folder: every pytest that starts takes others' permissions off that.
    """
    with TemporaryDirectory(prefix="novantra-relay-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
