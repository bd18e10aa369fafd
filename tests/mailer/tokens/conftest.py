"""An install with a sign-in service and a relay that takes its token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.runtime import Runtime
from tests.oauth_server import TokenServer
from tests.smtpd import Relay
from tests.tokens import at, token_relay


@pytest.fixture
def server(runtime: Runtime) -> Iterator[TokenServer]:
    """The sign-in service, in place of Microsoft's and Google's."""
    with TokenServer() as server:
        runtime.config = at(runtime.config, server)
        yield server


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay that takes the service's token and nothing else."""
    with token_relay() as relay:
        yield relay
