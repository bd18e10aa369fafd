"""Relays that would take a stored password, and the authority behind every test relay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.certificates import ca_file
from tests.security.stored_password import USERS
from tests.smtpd import Relay


@pytest.fixture(autouse=True)
def _trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))


@pytest.fixture
def home() -> Iterator[Relay]:
    """The relay that the password was typed for."""
    with Relay(tls="starttls", users=USERS) as relay:
        yield relay


@pytest.fixture
def elsewhere() -> Iterator[Relay]:
    """A relay that must never see the password."""
    with Relay(tls="starttls", users=USERS) as relay:
        yield relay
