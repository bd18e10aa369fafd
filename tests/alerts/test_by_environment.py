"""Alerts while the environment says how mail is sent: the same things are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.mailer.noting import EnvironmentThread
from app.runtime import Runtime
from tests.alerts.conftest import Bell
from tests.alerts.receiver import Receiver
from tests.conftest import Clock
from tests.mailer.declared import Starts, to_relay
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay
from tests.visitor import Mailbox

PASSWORD = "Kanari-47 secret"


@pytest.fixture
def starts(make_app: Callable[..., Flask]) -> Starts:
    return Starts(make_app)


def about(receiver: Receiver, relay: Relay) -> list[tuple[str, str]]:
    """Types and codes that came; nobody hears where mail goes, as whom, or with what."""
    said = json.dumps([asked.json for asked in receiver.asked])
    for secret in (PASSWORD, "Kanari-46", "novantra@", f":{relay.port}", "bob@acme.test"):
        assert secret not in said
    return [(asked.json["type"], asked.json["code"]) for asked in receiver.asked]


def test_a_refused_login_is_told_and_its_file_ends_it(
    starts: Starts, receiver: Receiver, clock: Clock, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    with Relay(users={"novantra": PASSWORD}, require_auth=True) as relay:
        live: Runtime = starts(**to_relay(relay, USERNAME="novantra", PASSWORD_FILE=str(file)))
        live.config = replace(live.config, alert_private_targets=True)
        bell, mailbox, watching = Bell(live), Mailbox(live, relay), EnvironmentThread(live)
        bell.target("webhook", receiver.url())
        queue_resets(live, ["bob@acme.test"])
        assert len(mailbox.deliver()) == 1
        bell.tell()
        assert about(receiver, relay) == []

        def rotate(to: str) -> None:
            file.write_text(to)
            watching.look()
            watching.look()
            clock.advance(seconds=61)
            bell.tell()

        rotate("Kanari-46 over")
        assert about(receiver, relay) == [("mail.settings_changed", "settings_changed")]
        queue_resets(live, ["bob@acme.test"])
        assert mailbox.deliver() == []
        bell.tell()
        assert about(receiver, relay)[1:] == [("mail.broken", "auth_bad_credentials")]

        clock.advance(hours=2)
        rotate(PASSWORD)
        queue_resets(live, ["bob@acme.test"])
        assert mailbox.deliver() != []
        bell.tell()
        clock.advance(seconds=61)
        bell.tell()
        assert "mail.recovered" in [kind for kind, _ in about(receiver, relay)]
        broken = next(a for a in receiver.asked if a.json["type"] == "mail.broken")
        recovered = next(a for a in receiver.asked if a.json["type"] == "mail.recovered")
        assert broken.json["incident"]
        assert broken.json["incident"] == recovered.json["incident"]
