"""An install that may tell this machine, and somebody who listens."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.alerts import deliveries, incidents, targets
from app.alerts.kinds import Kind, checked
from app.alerts.models import AlertTarget
from app.config import Config
from app.crypto.secret import Secret
from app.runtime import Runtime
from app.web.context import Actor
from tests.alerts.receiver import Receiver

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
ALICE = Actor(1, "alice@acme.test", "127.0.0.1")


@pytest.fixture
def config(config: Config) -> Config:
    """Alerts may go to this machine."""
    return replace(config, alert_private_targets=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


class Bell:
    """Alerts of one install, looked after by hand: ``look``, then ``send``."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def target(self, kind: str, url: str, *, name: str = "Ops", secret: str = SECRET) -> str:
        with self.runtime.database.transaction() as session:
            chosen = Kind(kind)
            added = targets.add(
                session,
                self.runtime,
                kind=chosen,
                name=name,
                address=checked(chosen, url, self.runtime.config),
                secret=Secret(secret) if chosen is Kind.WEBHOOK else None,
                now=self.runtime.now(),
                actor=ALICE,
            )
            return added.id

    def look(self) -> None:
        incidents.look(self.runtime)

    def send(self) -> list[Any]:
        """Everything that is due, one after the other."""
        done = []
        while claims := deliveries.claim(self.runtime, 4):
            done += [deliveries.carry_out(self.runtime, claim) for claim in claims]
        return done

    def tell(self) -> None:
        """Look at how mail is and send what is to be said."""
        self.look()
        self.send()

    def row(self, target_id: str) -> AlertTarget:
        with self.runtime.database.session(reading=True) as session:
            found = session.get(AlertTarget, target_id)
            assert found is not None
            return found


@pytest.fixture
def bell(runtime: Runtime) -> Bell:
    return Bell(runtime)
