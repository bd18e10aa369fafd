"""The form for any SMTP relay."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from app.mailer.forms.fields import OneOf, Switch, ValidHost
from app.mailer.forms.trusting import FIELDS as TRUST_FIELDS
from app.mailer.forms.trusting import TrustForm
from app.mailer.settings import Encryption, Settings
from app.web.fields import LineField, TextLength


class Form(TrustForm):
    provider_value = "smtp"
    remembered: ClassVar[tuple[str, ...]] = (
        *TrustForm.remembered,
        "secure",
        "encryption",
        "ignore_tls_errors",
    )

    on_page: ClassVar[tuple[str, ...]] = (*TrustForm.on_page, *TRUST_FIELDS)

    host = LineField("Host", [TextLength(253), ValidHost()])
    secure = Switch("Secure (TLS)", default=True)
    encryption = OneOf(
        "Encryption",
        {
            Encryption.AUTO.value: "As the port says",
            Encryption.STARTTLS.value: "STARTTLS, after the greeting",
            Encryption.IMPLICIT.value: "TLS from the start",
        },
    )
    ignore_tls_errors = Switch("Ignore TLS errors")

    def answers(self) -> Settings:
        return replace(
            super().answers(),
            secure=bool(self.secure.data),
            encryption=self.encryption.word,
            ignore_tls_errors=bool(self.ignore_tls_errors.data),
        )
