"""A service that people have is one choice: host, port and encryption come from a table."""

from __future__ import annotations

from typing import Any

import pytest

from app.mailer.providers import PROVIDERS
from app.mailer.providers.base import Preset
from tests.mailer.conftest import Stored
from tests.mailer.pages import MailerPage

PRESETS = PROVIDERS["smtp"].presets


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.value)
def test_a_preset_is_accepted_as_it_stands(page: MailerPage, stored: Stored, preset: Preset):
    filled = page.post(provider="smtp", preset=preset.value, action="preset", username="", host="")
    assert filled.status == 200
    assert filled.fields["host"] == preset.host
    assert filled.fields["port"] == str(preset.port)
    assert ("secure" in filled.fields) is preset.secure
    assert filled.fields["preset"] == preset.value
    assert preset.login in filled.words
    typed: dict[str, Any] = {"sender_address": "novantra@acme.test", "secure": None}
    saved = page.save(**{**filled.fields, **({} if preset.secure else typed),
                         "sender_address": "novantra@acme.test", "password": "SG.re_secret"
                         if preset.username else ""})  # fmt: skip
    assert saved.status == 303, saved.words
    assert stored.only.host == preset.host


def test_what_was_typed_before_stays(page: MailerPage):
    filled = page.post(
        provider="smtp", action="preset", preset="postmark", sender_address="hr@acme.test",
        ehlo_name="mail.acme.test", connection_timeout="30",
    )  # fmt: skip
    assert filled.fields["sender_address"] == "hr@acme.test"
    assert filled.fields["ehlo_name"] == "mail.acme.test"
    assert filled.fields["connection_timeout"] == "30"


def test_a_preset_that_nobody_knows_changes_nothing(page: MailerPage):
    filled = page.post(provider="smtp", action="preset", preset="nobody", host="relay.acme.test")
    assert filled.fields["host"] == "relay.acme.test"


def test_no_two_presets_lead_to_the_same_place():
    places = [(preset.host, preset.port, preset.secure) for preset in PRESETS]
    assert len(set(places)) == len(places)
    assert len({preset.value for preset in PRESETS}) == len(PRESETS)
