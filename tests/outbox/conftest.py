"""What the tests of the queue share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.runtime import Runtime
from tests.outbox.letters import configure
from tests.smtpd import Relay


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay that takes everything."""
    with Relay() as relay:
        yield relay


@pytest.fixture
def mail(runtime: Runtime, relay: Relay) -> Runtime:
    """The runtime of an install whose mail goes to ``relay``."""
    configure(runtime, port=relay.port)
    return runtime
