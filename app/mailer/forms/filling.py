"""Forms filled from what is stored, from defaults, or from what was typed a moment ago."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.mailer.forms.base import MailerForm
from app.mailer.settings import SENDER_FIELDS, Settings

SHARED = SENDER_FIELDS
_MAXIMUM_TYPED = 400
_MAXIMUM_KEPT = 8000


def data_of(settings: Settings, version: int) -> dict[str, Any]:
    """Field values that show these settings; a form takes those it has fields for.

    A password is never among them.
    """
    shown = {name: _shown(value) for name, value in asdict(settings).items()}
    return shown | {"version": str(version)}


def _shown(value: object) -> str | bool:
    if isinstance(value, bool):
        return value
    return "" if value is None else str(value)


def _could_be_typed(text: str) -> bool:
    """JSON can name characters that no page can be written with, such as half a surrogate pair."""
    return len(text) <= _MAXIMUM_TYPED and text.isprintable()


class Kept:
    """What was typed for the other providers in this visit; it travels in a hidden field.

    It comes back from the browser and is only ever put into fields again, where it is checked
    like anything typed.
    """

    def __init__(self, answers: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.answers = {provider: dict(typed) for provider, typed in (answers or {}).items()}

    @classmethod
    def read(cls, text: str | None, forms: Mapping[str, type[MailerForm]]) -> Kept:
        """What the hidden field says; nothing when it was altered beyond use."""
        if not text or len(text) > _MAXIMUM_KEPT:
            return cls()
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(raw, dict):
            return cls()
        kept = cls()
        for provider, form in forms.items():
            typed = raw.get(provider)
            if isinstance(typed, dict):
                kept.answers[provider] = {
                    name: typed[name]
                    for name in form.remembered
                    if isinstance(typed.get(name), str | bool) and _could_be_typed(str(typed[name]))
                }
        return kept

    def remember(self, form: MailerForm) -> None:
        """Keep what this form shows, except its password."""
        self.answers[form.provider_value] = {
            name: form[name].data
            for name in form.remembered
            if len(str(form[name].data or "")) <= _MAXIMUM_TYPED
        }

    def fill_in(self, form: MailerForm, preset: str | None) -> None:
        """Keep what this form shows, with the fields of the service that was chosen."""
        self.remember(form)
        for known in form.provider.presets:
            if known.value == preset:
                self.answers[form.provider_value] |= {
                    name: value for name, value in known.answers.items() if name in form.remembered
                }

    def __str__(self) -> str:
        return json.dumps(self.answers, separators=(",", ":")) if self.answers else ""
