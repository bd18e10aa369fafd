"""Field types of the mailer forms: numbers, switches and hosts that refuse what they are not."""

from __future__ import annotations

import re
from typing import Any

from wtforms import BooleanField, Field, ValidationError
from wtforms.widgets import NumberInput

from app.mail.addresses import AddressError, normalise
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


class ValidAddress:
    """Brings an address into its one form, or says what is wrong with it."""

    def __init__(self, empty: str) -> None:
        self.empty = empty
        self.field_flags = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        if not field.data:
            raise ValidationError(self.empty)
        try:
            field.data = normalise(field.data)
        except AddressError as refused:
            raise ValidationError(refused.reason) from None
