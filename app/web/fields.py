"""Form field types that several forms share, and the rules for text people type."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field, PasswordField, StringField, ValidationError
from wtforms.validators import StopValidation
from wtforms.widgets import PasswordInput

from app.mail.addresses import Address, AddressError
from app.plain_text import why_not_plain


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
