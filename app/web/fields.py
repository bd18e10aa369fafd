"""Form field types that several forms share, and the rules for text people type."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field, PasswordField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import StopValidation
from wtforms.widgets import PasswordInput

from app.mail.addresses import Address, AddressError
from app.plain_text import why_not_plain
from app.zones import UTC_NAME, by_area, may_be_chosen, zone_of


def _first_text(values: list[Any]) -> str:
    """The first value counts: a repeated parameter must not change who is meant.

    An uploaded file in the place of text counts as nothing.
    """
    return values[0] if values and isinstance(values[0], str) else ""


class SecretInput(PasswordInput):
    """Never writes the value back into the page, whatever the field holds."""

    def __call__(self, field: Field, **kwargs: Any) -> Markup:
        kwargs["value"] = ""
        return super().__call__(field, **kwargs)


class SecretField(PasswordField):
    """A password as typed: not stripped, never rendered back."""

    widget = SecretInput(hide_value=True)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = _first_text(valuelist)


class LineField(StringField):
    """One line of text, in NFC, without blanks around it. Control and hidden characters are
    refused."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = unicodedata.normalize("NFC", _first_text(valuelist)).strip()

    def pre_validate(self, form: Any) -> None:
        if problem := why_not_plain(self.data or ""):
            raise ValidationError(problem)
        super().pre_validate(form)


class ZoneField(SelectField):
    """The name of a time zone, listed by area. ``none`` says what leaving it open means; a form may
    say it anew with :meth:`offer`, as it depends on what was chosen elsewhere."""

    def __init__(self, label: str, *, none: str = "None", **options: Any) -> None:
        super().__init__(label, choices=[], validate_choice=False, default="", **options)
        self.offer(none)

    def offer(self, none: str, stored: str | None = None) -> None:
        """List what there is, with the stored name among it: it may be an older spelling."""
        self.choices = [SelectChoice("", none), SelectChoice(UTC_NAME, UTC_NAME)]
        for area, places in by_area(stored).items():
            self.choices += [SelectChoice(name, place, {}, area) for name, place in places]

    @property
    def name_or_none(self) -> str | None:
        """What is stored: ``None`` for the first choice."""
        return self.data or None

    def process_data(self, value: Any) -> None:
        self.data = value or ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = _first_text(valuelist).strip()

    def pre_validate(self, form: Any) -> None:
        if self.data and not may_be_chosen(self.data):
            raise ValidationError("Choose one of the zones in the list.")


def unknown_zone(name: str | None) -> str | None:
    """A stored name that this server does not know (any more), to say so beside the field."""
    return name if name and zone_of(name) is None else None


class AddressField(LineField):
    """A mail address as typed, not in NFC: that would make a KELVIN SIGN a K before
    :meth:`app.mail.addresses.Address.parse` could refuse it."""

    parsed: Address | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = _first_text(valuelist).strip()

    @property
    def address(self) -> Address:
        """What :class:`ValidAddress` made of it; without that, what it says that nobody may have.

        See :meth:`Address.as_typed`.
        """
        return self.parsed or Address.as_typed(self.data or "")


class ValidAddress:
    """It is an address, which is the field's ``address`` from then on and its data in the form in
    which it is stored. ``empty`` says what to type where nothing else asks for something."""

    def __init__(self, empty: str | None = None) -> None:
        self.empty = empty
        if empty:
            self.field_flags = {"required": True}

    def __call__(self, form: FlaskForm, field: AddressField) -> None:
        if field.errors:
            return
        if self.empty and not field.data:
            raise ValidationError(self.empty)
        try:
            field.parsed = Address.parse(field.data or "")
        except AddressError as error:
            raise ValidationError(error.reason) from None
        field.data = field.parsed.text


class TextLength:
    """At most ``maximum`` characters, said in words."""

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self.field_flags = {"maxlength": maximum}

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if len(field.data or "") > self.maximum:
            raise ValidationError(f"Use at most {self.maximum} characters.")


class Filled:
    """Something must be there. ``message`` says what."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.field_flags = {"required": True}

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if not field.data or (isinstance(field.data, str) and not field.data.strip()):
            # Nothing more to say about what is not there.
            raise StopValidation(self.message)
