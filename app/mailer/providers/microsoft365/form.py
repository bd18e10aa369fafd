"""The form for Microsoft 365."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from app.mail.oauth.services import Cloud, microsoft, microsoft_smtp_host
from app.mailer.forms.base import NetworkForm
from app.mailer.forms.fields import OneOf, PrefilledLine, ValidHost
from app.mailer.forms.signing_in import (
    Cleaned,
    SignInForm,
    WayChoice,
    WayDay,
    WayLine,
    WaySecret,
)
from app.mailer.providers.microsoft365.provider import HOST
from app.mailer.providers.microsoft365.shapes import clean_client_id, clean_tenant
from app.mailer.providers.microsoft365.shell import Lines
from app.mailer.settings import Settings
from app.web.fields import AddressField, TextLength, ValidAddress

_APP = frozenset({"cloud", "tenant_id", "client_id"})
_SECRET = frozenset({"client_secret", "client_secret_ends"})
_HOSTS = frozenset(microsoft_smtp_host(cloud) for cloud in Cloud)


class Form(SignInForm):
    provider_value = "microsoft365"
    remembered: ClassVar[tuple[str, ...]] = (
        *NetworkForm.remembered,
        *("login_method", "cloud", "tenant_id", "client_id", "client_credential"),
        "client_secret_ends",
    )

    on_page = (
        *("sender_address", "sender_name", "login_method", "username", "password"),
        *("tenant_id", "client_id", "client_credential", "client_secret", "client_secret_ends"),
        *("cloud", "host", "port", "connection_timeout", "ehlo_name", "remove_password"),
    )

    # The first is what a client means that knows of no ways.
    login_method = OneOf(
        "Login method",
        {
            "password": "With a password",
            "app": "As an application",
            "person": "As a person",
            "device": "As a person, with a code",
        },
    )
    host = PrefilledLine("Host", [TextLength(253), ValidHost()], default=HOST)
    username = AddressField(
        "Username",
        [ValidAddress("Type the full address of the mailbox to log in as."), TextLength(254)],
    )
    cloud = WayChoice(
        "Cloud",
        {
            Cloud.COMMERCIAL.value: "Worldwide, GCC included",
            Cloud.US_GOV_HIGH.value: "US Government GCC High",
            Cloud.US_DOD.value: "US Government DoD",
            Cloud.CHINA.value: "China, operated by 21Vianet",
        },
    )
    tenant_id = WayLine(
        "Tenant ID",
        [
            Cleaned(clean_tenant, "Type the Directory (tenant) ID from the app’s Overview."),
            TextLength(253),
        ],
    )
    client_id = WayLine(
        "Client ID",
        [
            Cleaned(clean_client_id, "Type the Application (client) ID from the app’s Overview."),
            TextLength(253),
        ],
    )
    client_credential = WayChoice(
        "Credential", {"secret": "Client secret", "certificate": "Certificate"}
    )
    client_secret = WaySecret("Client secret")
    client_secret_ends = WayDay("Client secret ends")

    empty_secrets: ClassVar[Mapping[str, str]] = {
        "password": "Microsoft 365 needs a password.",
        "client_secret": "Type the Value of a client secret, from Certificates & secrets.",
    }
    uses: ClassVar[Mapping[str, frozenset[str]]] = {
        "password": frozenset(),
        "app": _APP | _SECRET | {"client_credential"},
        "person": _APP | _SECRET,
        "device": _APP,
    }

    @property
    def used(self) -> frozenset[str]:
        if self.way == "app" and self.client_credential.word == "certificate":
            return super().used - _SECRET
        return super().used

    @property
    def optional_secrets(self) -> frozenset[str]:
        """A registration for mobile and desktop applications signs people in without a secret."""
        return frozenset({"client_secret"}) if self.way == "person" else frozenset()

    def answers(self) -> Settings:
        found = super().answers()
        if found.uses_token and found.host in _HOSTS:
            return replace(found, host=microsoft_smtp_host(Cloud(self.cloud.word)))
        return found

    def validate(self, extra_validators: Any = None) -> bool:
        """A sender address that the client left out altogether is the mailbox's own."""
        left_out = self.sender_address.raw_data in (None, [])
        if left_out and self.username.data:
            self.sender_address.data = self.username.data
        passed = super().validate(extra_validators)
        if not left_out and not self.sender_address.data and not self.username.errors:
            # Refused all the same, but the likely answer stands there to be confirmed.
            self.sender_address.data = self.username.data
        return passed

    @property
    def removes_secret(self) -> bool:
        """Whether the page offers to remove the stored secret, which only some apps have."""
        return self.way == "person" and (
            self.keeps("client_secret") or bool(self.remove_password.data)
        )

    @property
    def delegated_scope(self) -> str:
        """What a person is asked to allow, in the chosen cloud."""
        return microsoft("common", Cloud(self.cloud.word)).delegated_scope

    @property
    def lines(self) -> Lines:
        """The commands for Exchange, with what is typed in them."""
        return Lines(
            cloud=Cloud(self.cloud.word),
            client_id=self.client_id.data or "",
            mailbox=self.username.data or "",
            sender=self.sender_address.data or "",
        )
