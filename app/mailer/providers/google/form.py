"""The form for Google Workspace and Gmail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from wtforms import ValidationError

from app.mail.oauth.services import google
from app.mail.oauth.signing import UnusableKey, read_service_account
from app.mailer.forms.base import NetworkForm
from app.mailer.forms.fields import OneOf, PrefilledLine, ValidHost
from app.mailer.forms.signing_in import Cleaned, SignInForm, WayFile, WayLine, WaySecret
from app.mailer.providers.google.provider import HOST
from app.mailer.providers.google.shapes import clean_client_id
from app.web.fields import AddressField, TextLength, ValidAddress


class KeyFile:
    """The JSON of a service account's key, or what is wrong with it."""

    def __call__(self, form: Any, field: Any) -> None:
        if not field.data:
            return
        try:
            read_service_account(field.data)
        except UnusableKey as unusable:
            raise ValidationError(str(unusable)) from None


class Form(SignInForm):
    provider_value = "google"
    remembered: ClassVar[tuple[str, ...]] = (
        *NetworkForm.remembered,
        *("login_method", "client_id"),
    )

    on_page = (
        *("sender_address", "sender_name", "login_method", "username", "password"),
        *("client_id", "client_secret", "service_account_key"),
        *("host", "port", "connection_timeout", "ehlo_name", "remove_password"),
    )

    # The first is what a client means that knows of no ways.
    login_method = OneOf(
        "Login method",
        {
            "password": "With an app password",
            "service_account": "By a service account",
            "person": "As a person",
        },
    )
    host = PrefilledLine("Host", [TextLength(253), ValidHost()], default=HOST)
    username = AddressField(
        "Username",
        [ValidAddress("Type the full address of the mailbox to log in as."), TextLength(254)],
    )
    client_id = WayLine(
        "Client ID",
        [Cleaned(clean_client_id, "Type the client ID of the OAuth client."), TextLength(253)],
    )
    client_secret = WaySecret("Client secret")
    service_account_key = WayFile("Key file", [KeyFile()])

    empty_secrets: ClassVar[Mapping[str, str]] = {
        "password": "Google needs an app password.",
        "client_secret": "Type the client secret: it stands beside the client ID.",
        "service_account_key": "Paste the key file of the service account.",
    }
    uses: ClassVar[Mapping[str, frozenset[str]]] = {
        "password": frozenset(),
        "person": frozenset({"client_id", "client_secret"}),
        "service_account": frozenset({"service_account_key"}),
    }

    def validate(self, extra_validators: Any = None) -> bool:
        """A sender address that the client left out altogether is the mailbox's own."""
        if self.sender_address.raw_data in (None, []) and self.username.data:
            self.sender_address.data = self.username.data
        return super().validate(extra_validators)

    @property
    def app_scope(self) -> str:
        """What has to be allowed, letter for letter."""
        return google().app_scope
