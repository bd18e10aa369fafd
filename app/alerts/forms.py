"""What System → Alerts asks when a target is added."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from app.accounts.forms import ADDRESS_LENGTH
from app.alerts.kinds import (
    TITLES,
    Address,
    AddressRefused,
    Kind,
    SecretRefused,
    checked,
    signing_key,
)
from app.config import Config
from app.crypto.secret import Secret
from app.web.fields import AddressField, Filled, LineField, SecretField, TextLength, ValidAddress

NAME_LENGTH = 64


class CanaryForm(FlaskForm):
    """The hourly look at the relay, and the daily mail."""

    enabled = BooleanField("Look at the relay when nothing was sent for an hour")
    mail_to = AddressField("A real mail every day to", [TextLength(ADDRESS_LENGTH)])

    def validate_mail_to(self, field: AddressField) -> None:
        if field.data:
            ValidAddress()(self, field)


class TargetForm(FlaskForm):
    """The address is a secret like the other one: neither is ever written into a page."""

    kind = SelectField(
        "Kind",
        choices=[SelectChoice(kind.value, title) for kind, title in TITLES.items()],
        default="webhook",
    )
    name = LineField(
        "Name", [Filled("Give it a name that you recognise."), TextLength(NAME_LENGTH)]
    )
    url = SecretField("Address", [Filled("Paste the address that alerts go to.")])
    secret = SecretField("Signing secret")

    def __init__(self, config: Config, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._config = config
        self.address: Address | None = None

    @property
    def chosen(self) -> Kind:
        return Kind(self.kind.data)

    @property
    def typed_secret(self) -> Secret | None:
        text = (self.secret.data or "").strip()
        return Secret(text) if text else None

    def validate_url(self, field: SecretField) -> None:
        if field.errors or self.kind.data not in set(Kind):
            return
        try:
            self.address = checked(self.chosen, field.data or "", self._config)
        except AddressRefused as refused:
            raise ValidationError(str(refused)) from None

    def validate_secret(self, field: SecretField) -> None:
        if self.kind.data not in set(Kind):
            return
        typed = self.typed_secret
        if self.chosen is not Kind.WEBHOOK:
            if typed:
                raise ValidationError("Only a webhook has a signing secret; leave this empty.")
            return
        if typed is None:
            raise ValidationError(
                "A webhook is signed. Paste the secret that the receiver shows, or the one below"
                " the form."
            )
        try:
            signing_key(typed.reveal())
        except SecretRefused as refused:
            raise ValidationError(str(refused)) from None
