"""The form for Microsoft 365."""

from __future__ import annotations

from typing import Any

from app.mailer.forms.base import NetworkForm
from app.mailer.forms.fields import PrefilledLine, ValidHost
from app.mailer.providers.microsoft365.provider import HOST
from app.web.fields import AddressField, TextLength, ValidAddress


class Form(NetworkForm):
    provider_value = "microsoft365"

    on_page = (
        *("sender_address", "sender_name", "username", "password"),
        *("host", "port", "connection_timeout", "ehlo_name", "remove_password"),
    )

    host = PrefilledLine("Host", [TextLength(253), ValidHost()], default=HOST)
    username = AddressField(
        "Username",
        [ValidAddress("Type the full address of the mailbox to log in as."), TextLength(254)],
    )

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
