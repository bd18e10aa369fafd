"""The fields about certificates: whom to trust, which key to expect, and what to show in turn.

They are for the forms of providers whose host can be anybody's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from wtforms import StringField, TextAreaField

from app.crypto.secret import Secret
from app.mail.trust import Authorities
from app.mail.trust.described import Described
from app.mail.trust.pem import (
    Pasted,
    PemRefused,
    is_for_servers_only,
    read_authorities,
    read_client_certificate,
    read_key,
    without_keys,
)
from app.mail.trust.pins import PinRefused, read_pins
from app.mailer.client_key import PASTE_AGAIN, PASTE_KEY
from app.mailer.forms.base import NetworkForm
from app.mailer.forms.fields import OneOf
from app.mailer.forms.signing_in import SecretArea
from app.mailer.providers import Remark
from app.mailer.settings import CLIENT_KEY, LABELS, SECRETS, PasswordChange, Settings
from app.mailer.trusting import certificates_in
from app.runtime import runtime
from app.web.fields import LineField, TextLength

FIELDS = ("trust", "ca_certificates", "certificate_pin", "client_certificate", CLIENT_KEY)


class PastedText(TextAreaField):
    """Text of several lines that is public. A private key in it is never shown again."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = valuelist[0] if valuelist and isinstance(valuelist[0], str) else ""
        self.data = text.strip()

    def drop_keys(self) -> None:
        self.data = without_keys(self.data or "").strip()
        self.raw_data = [self.data]


class PastedKey(StringField):
    """A private key as pasted, never rendered back."""

    widget = SecretArea()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = valuelist[0] if valuelist and isinstance(valuelist[0], str) else ""


class TrustForm(NetworkForm):
    """A private key that was pasted in any of the fields is never written into the page again."""

    trust = OneOf(
        LABELS["trust"],
        {
            Authorities.SYSTEM.value: "The usual ones, which this server knows",
            Authorities.SYSTEM_AND_OWN.value: "The usual ones and your own",
            Authorities.OWN.value: "Your own alone",
        },
    )
    ca_certificates = PastedText(LABELS["ca_certificates"])
    certificate_pin = LineField(LABELS["certificate_pin"], [TextLength(400)])
    client_certificate = PastedText(LABELS["client_certificate"])
    client_key = PastedKey(SECRETS[CLIENT_KEY])

    remembered: ClassVar[tuple[str, ...]] = (*NetworkForm.remembered, "trust", "certificate_pin")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read: dict[str, Pasted] = {}
        self._key: Secret | None = None
        self._pin_typed = str(self.certificate_pin.data or "")

    @property
    def keeps_key(self) -> bool:
        """Whether a blank field keeps the stored key of the client certificate."""
        return self.key_for is not None and not self.elsewhere

    @property
    def trusted(self) -> tuple[Described, ...]:
        """The pasted authorities, in words; none while they cannot be read."""
        return certificates_in(self.ca_certificates.data)

    @property
    def shown_to_relay(self) -> tuple[Described, ...]:
        """The client certificate and its chain, in words."""
        return certificates_in(self.client_certificate.data)

    def answers(self) -> Settings:
        return replace(
            super().answers(),
            trust=self.trust.word,
            ca_certificates=self.ca_certificates.data or None,
            certificate_pin=self.certificate_pin.data or None,
            client_certificate=self.client_certificate.data or None,
        )

    def client_key_change(self) -> PasswordChange:
        return PasswordChange(self._key, remove=not self.client_certificate.data)

    @property
    def touches_password(self) -> bool:
        return super().touches_password or bool(self.client_key.data)

    def validate(self, extra_validators: Any = None) -> bool:
        self._read_all()
        refused = {name: list(self[name].errors) for name in FIELDS if self[name].errors}
        passed = super().validate(extra_validators)
        for name, messages in refused.items():
            for message in messages:
                self.refuse(name, message)
        return passed and not self.errors

    def _read_all(self) -> None:
        """Brings what was pasted into its one form, or says beside each field what is wrong."""
        now = runtime().now()
        for name, read in (
            ("ca_certificates", read_authorities),
            ("client_certificate", read_client_certificate),
        ):
            field = self._fields[name]
            if not field.data:
                continue
            try:
                self._read[name] = read(field.data, now)
                field.data = self._read[name].pem
            except PemRefused as refusal:
                field.drop_keys()
                field.errors = [str(refusal)]
        try:
            self.certificate_pin.data = " ".join(read_pins(self.certificate_pin.data or ""))
        except PinRefused as refusal:
            self.certificate_pin.errors = [str(refusal)]
        self._read_key()

    def _read_key(self) -> None:
        certificate = self._read.get("client_certificate")
        if self.client_certificate.errors:
            return
        if certificate is None:
            if self.client_key.data:
                self.client_certificate.errors = [
                    "Paste the certificate that this private key belongs to."
                ]
            return
        if not self.client_key.data:
            if not self.keeps_key:
                self.client_key.errors = [PASTE_KEY]
            elif self.key_for != certificate.pem:
                self.client_key.errors = [PASTE_AGAIN]
            return
        try:
            self._key = read_key(self.client_key.data, certificate.pem)
        except PemRefused as refusal:
            self.client_key.errors = [str(refusal)]

    def own_hints(self, answers: Settings) -> list[Remark]:
        return [*super().own_hints(answers), *self._about_what_was_pasted()]

    def _about_what_was_pasted(self) -> list[Remark]:
        found = []
        pasted = self._read.get("ca_certificates")
        for one in pasted.left_out if pasted else ():
            found.append(
                Remark(
                    "ca_certificates",
                    f"“{one.subject}” was left out: it is what the relay shows, and"
                    " the authorities beside it vouch for it.",
                )
            )
        for one in pasted.certificates if pasted else ():
            if not one.is_authority:
                found.append(
                    Remark(
                        "ca_certificates",
                        f"“{one.subject}” is no authority, so that only this very certificate is"
                        " trusted: when the relay gets another, paste that.",
                    )
                )
        typed, pins = self._pin_typed.split(), str(self.certificate_pin.data or "").split()
        if pins and typed != pins and not self.certificate_pin.errors:
            found.append(Remark("certificate_pin", f"Read as {' and '.join(pins)}."))
        shown = self._read.get("client_certificate")
        if shown and is_for_servers_only(shown.pem):
            found.append(
                Remark(
                    "client_certificate",
                    "This certificate says that it is for servers. Many relays take none that is"
                    " not for clients.",
                )
            )
        return found
