"""The wizard's own forms. The access URL's and the mail form belong to their packages."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, ValidationError

from app.accounts.forms import NewPasswordForm
from app.web.fields import (
    AddressField,
    Filled,
    LineField,
    SecretField,
    TextLength,
    ValidAddress,
    ZoneField,
)

NAME_MAXIMUM = 64
EMAIL_MAXIMUM = 254
TOKEN_MAXIMUM = 200


class TokenForm(FlaskForm):
    setup_token = LineField(
        "Setup token",
        [Filled("Type the setup token from the server's console."), TextLength(TOKEN_MAXIMUM)],
    )


class AdministratorForm(NewPasswordForm):
    """The organization and its first administrator.

    ``keeps_password`` is for a return to this step: then an empty password field keeps the
    password that was chosen before.
    """

    organization_name = LineField(
        "Organization name", [Filled("Name your organization."), TextLength(NAME_MAXIMUM)]
    )
    name = LineField("Your name", [Filled("Type your name."), TextLength(NAME_MAXIMUM)])
    email = AddressField(
        "Email address",
        [Filled("Type your email address."), TextLength(EMAIL_MAXIMUM), ValidAddress()],
    )
    password = SecretField("Password")
    password_confirm = SecretField("Repeat the password")
    time_zone = ZoneField("Time zone", none="UTC, until one is chosen")

    def __init__(self, *, keeps_password: bool = False, **given: Any) -> None:
        super().__init__(**given)
        self.keeps_password = keeps_password

    @property
    def password_is_kept(self) -> bool:
        return self.keeps_password and not self.password.data and not self.password_confirm.data

    def belongs_to(self) -> tuple[str, str]:
        return self.email.data or "", self.name.data or ""

    def validate_password(self, field: Field) -> None:
        if self.password_is_kept:
            return
        if not field.data:
            raise ValidationError("Choose a password.")
        super().validate_password(field)

    def validate_password_confirm(self, field: Field) -> None:
        if not self.password_is_kept:
            super().validate_password_confirm(field)
