"""What people type into the pages of an organization and into an invitation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import StopValidation

from app.accounts.forms import NewPasswordForm
from app.organizations.batches import MAXIMUM
from app.organizations.models import ROLES
from app.organizations.pasted import Line, entries_of, read_lines
from app.web.fields import AddressField, Filled, LineField, SecretField, TextLength, ValidAddress

# Entries of a list that are named beside it when none of them is an address.
NAMED = 10
ROLE_CHOICES = [SelectChoice("member", "Member"), SelectChoice("admin", "Admin")]


class RoleField(SelectField):
    """One of the roles; a tampered one is refused in words."""

    def __init__(self, label: str = "Role", **kwargs: Any) -> None:
        super().__init__(label, choices=ROLE_CHOICES, default="member", **kwargs)

    def pre_validate(self, form: Any) -> None:
        if self.data not in ROLES:
            raise ValidationError("Choose Member or Admin.")


class RoleForm(FlaskForm):
    """A member's new role."""

    role = RoleField()


def _one_address(_form: FlaskForm, field: Field) -> None:
    if field.errors:
        return
    several = sum(line.address is not None for line in read_lines(field.data or ""))
    if several > 1:
        raise StopValidation(f"These are {several} addresses. Invite them with the list below.")


class InviteForm(FlaskForm):
    """One address, alone as in every form."""

    email = AddressField("Email address", [TextLength(320), _one_address, ValidAddress()])
    role = RoleField()


class InviteListForm(FlaskForm):
    """Many addresses, however they were copied. ``lines`` are what they were read as."""

    emails = TextAreaField("Email addresses")
    role = RoleField()
    lines: tuple[Line, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Both forms stand on one page, and their fields must not share an id.
        self.role.id = "list-role"

    def validate_emails(self, field: Field) -> None:
        # Counted first: reading a hundred thousand of them would take seconds.
        count = len(entries_of(field.data or ""))
        if not count:
            raise ValidationError("Type or paste at least one email address.")
        if count > MAXIMUM:
            raise ValidationError(
                f"These are {count:,} addresses. Invite at most {MAXIMUM:,} at a time."
            )
        self.lines = tuple(read_lines(field.data or ""))
        if not any(line.address for line in self.lines):
            field.errors = ["None of these lines is an email address.", *_problems(self.lines)]


def _problems(lines: Sequence[Line]) -> Iterator[str]:
    """What is wrong with each, for as many as anybody reads."""
    for line in lines[:NAMED]:
        yield f"Line {line.number}, “{line.typed[:80]}”: {line.problem}"
    if len(lines) > NAMED:
        yield f"{len(lines) - NAMED:,} more are no addresses either."


class JoinForm(NewPasswordForm):
    """A new person's name and password. Pass ``email`` as ``owner``."""

    name = LineField("Your name", [Filled("Type your name."), TextLength(64)])
    password = SecretField("Password", [Filled("Choose a password.")])

    def belongs_to(self) -> tuple[str, str]:
        return super().belongs_to()[0], self.name.data or ""


class SignupForm(FlaskForm):
    """The address to sign up with."""

    email = AddressField("Work email", [TextLength(320), ValidAddress()])


class SignupCodeForm(FlaskForm):
    """The code out of the mail."""

    code = LineField("Code", [Filled("Type the six digits from the mail."), TextLength(40)])


class SignupAccountForm(JoinForm):
    """The first administrator of a new organization."""

    organization_name = LineField(
        "Organization", [Filled("Type the name of your organization."), TextLength(64)]
    )
