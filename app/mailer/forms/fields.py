"""Field types of the mailer forms: numbers, switches and hosts that refuse what they are not."""

from __future__ import annotations

import re
from typing import Any

from wtforms import BooleanField, Field, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.widgets import NumberInput

from app.mail.greeting import GreetingRefused, clean_greeting
from app.mailer.providers.hosts import HostRefused, clean_host
from app.web.fields import LineField

_DIGITS = re.compile(r"[0-9]{1,9}")
_ON = frozenset({"y", "yes", "on", "true", "1"})
_OFF = frozenset({"", "n", "no", "off", "false", "0"})


class PrefilledLine(LineField):
    """A line whose default stands when a client leaves the field out, though not when blank."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            super().process_formdata(valuelist)


class WholeNumber(PrefilledLine):
    """A whole number within limits. ``number`` is ``None`` until it is valid."""

    widget = NumberInput()

    def __init__(self, label: str, *, low: int, high: int, **options: Any) -> None:
        super().__init__(label, **options)
        self.low, self.high = low, high
        self.render_kw = {"min": low, "max": high, "inputmode": "numeric", "step": 1}

    @property
    def number(self) -> int | None:
        text = str(self.data if self.data is not None else "")
        if not _DIGITS.fullmatch(text) or not self.low <= int(text) <= self.high:
            return None
        return int(text)

    def pre_validate(self, form: Any) -> None:
        if self.number is None:
            raise ValidationError(f"Type a whole number from {self.low} to {self.high}.")


class Switch(BooleanField):
    """On or off. Anything that no switch sends is refused instead of read as "on"."""

    false_values = tuple(_OFF)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw = str(valuelist[0]).strip().lower() if valuelist else ""
        self.data = self.raw in _ON

    def pre_validate(self, form: Any) -> None:
        if getattr(self, "raw", "") not in _ON | _OFF:
            raise ValidationError("This switch is either on or off.")


class OneOf(SelectField):
    """One of a few words, the first for a client that leaves the field out.

    ``word`` is the first, too, while what was sent is none of them.
    """

    def __init__(self, label: str, choices: dict[str, str], **options: Any) -> None:
        super().__init__(
            label,
            choices=[SelectChoice(value, text) for value, text in choices.items()],
            validate_choice=False,
            default=next(iter(choices)),
            **options,
        )
        self.words = tuple(choices)

    @property
    def word(self) -> str:
        return self.data if self.data in self.words else self.words[0]

    def pre_validate(self, form: Any) -> None:
        if self.data not in self.words:
            listed = f"{', '.join(self.words[:-1])} or {self.words[-1]}"
            raise ValidationError(f"Choose one of these: {listed}.")


class ValidGreeting:
    """Cleans a name to greet relays with in place, or says what is wrong with it."""

    def __call__(self, form: Any, field: Field) -> None:
        if not field.data:
            return
        try:
            field.data = clean_greeting(field.data)
        except GreetingRefused as refused:
            raise ValidationError(str(refused)) from None


class ValidHost:
    """Cleans the host in place, or says what is wrong with it."""

    def __init__(self, *, required: bool = True) -> None:
        self.required = required
        if required:
            self.field_flags = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        if not field.data and not self.required:
            return
        try:
            field.data = clean_host(field.data or "")
        except HostRefused as refused:
            raise ValidationError(str(refused)) from None
