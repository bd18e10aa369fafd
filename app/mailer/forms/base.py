"""What the forms of all providers share: the sender, and turning answers into settings.

Those that lead to a relay share port, login and timeout as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField

from app.crypto.secret import Secret
from app.mail.greeting import MAXIMUM as LONGEST_GREETING
from app.mailer.forms.fields import Switch, ValidGreeting, WholeNumber
from app.mailer.models import MailerConfiguration
from app.mailer.providers import PROVIDERS, Provider, Remark
from app.mailer.providers.credentials import login_hints, without_display_blanks
from app.mailer.settings import DEFAULT_PORT, DEFAULT_TIMEOUT, PasswordChange, Settings
from app.web.attributes import QuickMeta
from app.web.fields import AddressField, LineField, SecretField, TextLength, ValidAddress


class MailerForm(FlaskForm):
    """One provider's form. Subclasses add fields and say in :meth:`answers` what they mean.

    ``stored`` tells whether a secret is stored, ``stored_as`` in which field it was typed,
    ``elsewhere`` that it is another provider's: a blank field keeps it only here. ``key_for`` is
    the client certificate that a key is stored for.
    """

    Meta = QuickMeta

    provider_value: ClassVar[str]
    # Whether an end of what logs in was left out, as it was not that of what was typed.
    dropped_end = False
    # What "switch provider and back" brings back: never a password.
    remembered: ClassVar[tuple[str, ...]] = ()

    sender_address = AddressField(
        "Sender address",
        [ValidAddress("Type the address that mail is to come from."), TextLength(254)],
    )
    sender_name = LineField("Sender name", [TextLength(64)])
    version = HiddenField(default="0")

    # The order of the fields on the page, which is the order of their errors.
    on_page: ClassVar[tuple[str, ...]] = ("sender_address", "sender_name")

    def __init__(
        self,
        *args: Any,
        stored: bool = False,
        stored_as: str | None = "password",
        elsewhere: bool = False,
        key_for: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.stored = stored
        self.stored_as = stored_as
        self.elsewhere = elsewhere
        self.key_for = key_for

    def __iter__(self) -> Iterator[Field]:
        names = [name for name in self.on_page if name in self._fields]
        rest = [name for name in self._fields if name not in names]
        return iter([self._fields[name] for name in (*names, *rest)])

    @property
    def keeps_password(self) -> bool:
        """Whether a blank password field keeps a stored password."""
        return self.keeps("password")

    def keeps(self, name: str) -> bool:
        """Whether the stored secret is the one that this field is for, so that blank keeps it."""
        return self.stored and not self.elsewhere and self.stored_as == name

    def beside(
        self,
        access_url: str | None,
        row: MailerConfiguration | None = None,
        *,
        settled: bool = False,
        in_setup: bool = False,
    ) -> None:
        """Takes what a page shows beside the fields: where this install is, what is stored of this
        provider, whether it works already, and whether setup is still going on."""

    @property
    def provider(self) -> Provider:
        return PROVIDERS[self.provider_value]

    def answers(self) -> Settings:
        """The settings that were typed. Meaningful once :meth:`validate` has passed."""
        return Settings(
            self.provider_value,
            sender_address=self.sender_address.data or "",
            sender_name=self.sender_name.data or "",
        )

    def password_change(self) -> PasswordChange:
        """What was typed for the password; nothing here, as not every provider has one."""
        return PasswordChange()

    def client_key_change(self) -> PasswordChange:
        """The same for the key of the client certificate."""
        return PasswordChange()

    @property
    def touches_password(self) -> bool:
        """Whether somebody typed a password, or asked to remove the stored one."""
        return False

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field by itself first, then what the provider knows about them together."""
        if not super().validate(extra_validators):
            return False
        if self.expected_version is None:
            self.refuse("version", "The page was altered on its way. Reload it and try again.")
            return False
        change = self.password_change()
        for problem in self.provider.problems(self.answers(), change.typed):
            self.refuse(problem.field, problem.text)
        return not self.errors

    def refuse(self, name: str, message: str) -> None:
        """Put an error beside a field."""
        field = self._fields[name if name in self._fields else "sender_address"]
        if message not in field.errors:
            field.errors = [*field.errors, message]

    @property
    def expected_version(self) -> int | None:
        """The version of the configuration this form was filled from; 0 when there was none."""
        text = str(self.version.data or "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def hints(self) -> dict[str, list[str]]:
        """What deserves a second look, per field. A field with an error has enough to say."""
        answers, change = self.answers(), self.password_change()
        found: dict[str, list[str]] = {}
        for remark in [*self.provider.hints(answers, change.typed), *self.own_hints(answers)]:
            found.setdefault(remark.field, []).append(remark.text)
        return {name: texts for name, texts in found.items() if name not in self.errors}

    def own_hints(self, answers: Settings) -> list[Remark]:
        """Hints that depend on more than the settings."""
        return []


def typed_password(text: str | None, host: str | None) -> Secret | None:
    """The password as typed, or ``None`` for a blank field."""
    return without_display_blanks(Secret(text), host) if text else None


class NetworkForm(MailerForm):
    """Subclasses declare ``host`` themselves, because it means something else to each."""

    remembered: ClassVar[tuple[str, ...]] = (
        *("host", "port", "username", "connection_timeout", "ehlo_name"),
    )

    on_page: ClassVar[tuple[str, ...]] = (
        *("sender_address", "sender_name", "host", "port", "username", "password", "secure"),
        *("encryption", "connection_timeout", "ehlo_name", "ignore_tls_errors", "remove_password"),
    )

    port = WholeNumber("Port", low=1, high=65535, default=DEFAULT_PORT)
    username = LineField("Username", [TextLength(320)])
    password = SecretField("Password")
    remove_password = Switch("Remove the stored password")
    connection_timeout = WholeNumber("Connection timeout", low=1, high=120, default=DEFAULT_TIMEOUT)
    ehlo_name = LineField("Greeting name", [TextLength(LONGEST_GREETING), ValidGreeting()])

    def answers(self) -> Settings:
        return replace(
            super().answers(),
            host=self._fields["host"].data or None,
            port=self.port.number,
            username=self.username.data or None,
            connection_timeout=self.connection_timeout.number or DEFAULT_TIMEOUT,
            ehlo_name=self.ehlo_name.data or None,
        )

    def password_change(self) -> PasswordChange:
        typed = typed_password(self.password.data, self._fields["host"].data)
        return PasswordChange(typed, bool(self.remove_password.data) or self.drops_password)

    @property
    def drops_password(self) -> bool:
        """Whether neither user name nor password is typed: a relay that needs no login has no use
        for a stored password, whoever it was for."""
        nobody = not self.username.data and not self.password.data
        return self.stored and nobody and not self.provider.needs_password

    @property
    def touches_password(self) -> bool:
        return bool(self.password.data or self.remove_password.data)

    def validate(self, extra_validators: Any = None) -> bool:
        passed = super().validate(extra_validators)
        change = self.password_change()
        if self.remove_password.data and change.typed is not None:
            self.refuse(
                "remove_password",
                "Either type a new password or remove the stored one, not both.",
            )
        elif self.provider.needs_password:
            self._require_login(change)
        return passed and not self.errors

    def _require_login(self, change: PasswordChange) -> None:
        if not self.username.data and not self.username.errors:
            self.refuse("username", f"{self.provider.title} needs a user name.")
        if self.remove_password.data:
            self.refuse(
                "remove_password",
                f"{self.provider.title} needs a password. Type another one, or choose another"
                " provider.",
            )
        elif change.typed is None and not self.stored and not self.password.errors:
            self.refuse("password", f"{self.provider.title} needs a password.")

    def own_hints(self, answers: Settings) -> list[Remark]:
        change = self.password_change()
        stored = self.keeps_password and not self.remove_password.data
        return list(login_hints(answers, change.typed, stored=stored))
