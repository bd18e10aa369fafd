"""What the account pages ask. Forms check what was typed and touch nothing else."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from app.accounts.passwords import MAXIMUM, weakness
from app.web.fields import (
    AddressField,
    Filled,
    LineField,
    SecretField,
    TextLength,
    ValidAddress,
    ZoneField,
)

ADDRESS_LENGTH = 320
NAME_LENGTH = 64
CODE_LENGTH = 64
SUPPORT_LENGTH = 200


def typed(field: Field) -> str:
    """The text in a field that was found valid."""
    return str(field.data or "")


class SignInForm(FlaskForm):
    """An address is not checked here: what is no address is merely unknown."""

    email = AddressField(
        "Email address", [Filled("Type your address."), TextLength(ADDRESS_LENGTH)]
    )
    password = SecretField("Password", [Filled("Type your password.")])


class AddressForm(FlaskForm):
    email = AddressField(
        "Email address", [Filled("Type your address."), TextLength(ADDRESS_LENGTH), ValidAddress()]
    )


class UnlockForm(FlaskForm):
    email = AddressField(
        "Email address", [Filled("Type your address."), TextLength(ADDRESS_LENGTH)]
    )
    code = LineField(
        "Unlock code", [Filled("Type the code from the mail."), TextLength(CODE_LENGTH)]
    )


class CurrentPasswordForm(FlaskForm):
    current_password = SecretField(
        "Current password", [Filled("Type your current password."), TextLength(MAXIMUM)]
    )


class NewPasswordForm(FlaskForm):
    """A new password, typed twice: the one pair of fields, for every form that asks for one.

    ``owner`` and ``owner_name`` are what the password must not be made of; a form that asks for
    them itself says so in :meth:`belongs_to`.
    """

    password = SecretField("New password", [Filled("Choose a password.")])
    password_confirm = SecretField("Repeat the password", [Filled("Type the password again.")])

    def __init__(self, *, owner: str = "", owner_name: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._owner, self._owner_name = owner, owner_name

    def belongs_to(self) -> tuple[str, str]:
        """Address and name of whoever will have the password."""
        return self._owner, self._owner_name

    def validate_password(self, field: Field) -> None:
        email, name = self.belongs_to()
        reason = weakness(field.data, email=email, name=name)
        if reason:
            raise ValidationError(reason)

    def validate_password_confirm(self, field: Field) -> None:
        if field.data != self.password.data:
            raise ValidationError("This is not the same as the password above.")


class ConfirmForm(FlaskForm):
    """A button and nothing else."""


class NameForm(FlaskForm):
    name = LineField("Name", [Filled("Type your name."), TextLength(NAME_LENGTH)])


class ZoneForm(FlaskForm):
    """A person's own zone; the first choice is the install's."""

    time_zone = ZoneField("Time zone", none="As the installation")


class EmailForm(CurrentPasswordForm):
    email = AddressField(
        "New address", [Filled("Type the new address."), TextLength(ADDRESS_LENGTH), ValidAddress()]
    )


class PasswordForm(NewPasswordForm, CurrentPasswordForm):
    """The present password and, twice, the next one."""


class AdministratorForm(FlaskForm):
    name = LineField("Name", [Filled("Type the person's name."), TextLength(NAME_LENGTH)])
    email = AddressField(
        "Email address",
        [Filled("Type the person's address."), TextLength(ADDRESS_LENGTH), ValidAddress()],
    )


class HandLinkForm(AddressForm):
    """Whose link, and what it is good for: one of ``app.accounts.handed_links.What``."""

    what = SelectField(
        "What for",
        choices=[
            SelectChoice("password", "To choose a new password"),
            SelectChoice("address", "To verify the address"),
        ],
        default="password",
    )


class SupportForm(FlaskForm):
    """Whom people ask; empty for an administrator whom nobody named."""

    support_contact = LineField("Who to ask", [TextLength(SUPPORT_LENGTH)])
