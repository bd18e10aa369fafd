"""A browser for the module, and an install that a person sets up in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.screens import chromium
from tests.certificates import ca_file
from tests.functional.install import RunningInstall
from tests.needs import need_chromium

RESULTS = Path(__file__).parents[2] / "test-results"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(need_chromium()) as running:
        yield running


@pytest.fixture
def fresh_install(tmp_path: Path) -> Iterator[RunningInstall]:
    """The server on a new data folder with SQLite, its setup still open."""
    with RunningInstall(
        tmp_path / "data", SSL_CERT_FILE=str(ca_file()), NOVANTRA_RATELIMIT="off"
    ) as running:
        yield running
