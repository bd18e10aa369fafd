"""What the tests of faults share."""

from __future__ import annotations

import pytest

from tests.certificates import ca_file


@pytest.fixture(autouse=True)
def _trusted_ca(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test CA is trusted, as an operator's own would be."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
