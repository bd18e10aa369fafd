"""The wizard's own forms. The access URL's and the mail form belong to their packages."""

from __future__ import annotations

import unicodedata

from flask_wtf import FlaskForm
from wtforms import Field, ValidationError

from app.accounts.passwords import weakness
from app.mail.addresses import AddressError, normalise
from app.web.fields import AddressField, Filled, LineField, SecretField, TextLength

NAME_MAXIMUM = 64
EMAIL_MAXIMUM = 254
TOKEN_MAXIMUM = 200


class TokenForm(FlaskForm):
    setup_token = LineField(
        "Setup token",
        [Filled("Type the setup token from the server's console."), TextLength(TOKEN_MAXIMUM)],
    )


class AdministratorForm(FlaskForm):
    """The organization and its first administrator.

    ``keeps_password`` is for a return to this step: then an empty password field keeps the
    password that was chosen before.
    """

    organization_name = LineField(
        "Organization name", [Filled("Name your organization."), TextLength(NAME_MAXIMUM)]
    )
    name = LineField("Your name", [Filled("Type your name."), TextLength(NAME_MAXIMUM)])
    email = AddressField(
        "Email address", [Filled("Type your email address."), TextLength(EMAIL_MAXIMUM)]
    )
    password = SecretField("Password")
    password_confirm = SecretField("Password, once more")

    def __init__(self, *, keeps_password: bool = False, **given: object) -> None:
        super().__init__(**given)
        self.keeps_password = keeps_password

    @property
    def password_is_kept(self) -> bool:
        return self.keeps_password and not self.password.data and not self.password_confirm.data

    def validate_email(self, field: Field) -> None:
        if field.errors:
            return
        try:
            field.data = normalise(field.data)
        except AddressError as refused:
            raise ValidationError(str(refused)) from None

    def validate_password(self, field: Field) -> None:
        if self.password_is_kept:
            return
        password = field.data or ""
        if not password:
            raise ValidationError("Choose a password.")
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
            raise ValidationError("Remove line breaks and control characters.")
        weak = weakness(password, email=self.email.data or "", name=self.name.data or "")
        if weak:
            raise ValidationError(weak)

    def validate_password_confirm(self, field: Field) -> None:
        if not self.password_is_kept and (field.data or "") != (self.password.data or ""):
            raise ValidationError("This is not the same password.")
