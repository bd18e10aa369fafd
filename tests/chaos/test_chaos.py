"""A short run of chaos on the database under test; ``make chaos`` runs longer, on both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.__main__ import once


@pytest.mark.chaos
@pytest.mark.process
@pytest.mark.timeout(400)
def test_random_kills_and_a_moody_relay_lose_nothing_and_send_nothing_twice(
    tmp_path: Path,
) -> None:
    report = once(tmp_path, seed=20261125, seconds=20)
    print(report)
    assert report.promised > 20, "the load did not run"
    assert report.kills >= 5
    assert report.broken == []
