"""What every form has that leads to a relay: port, login, timeout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from app.mail.greeting import MAXIMUM as LONGEST_GREETING
from app.mailer.forms.base import MailerForm, typed_password
from app.mailer.forms.fields import Switch, ValidGreeting, WholeNumber
from app.mailer.providers import Remark
from app.mailer.providers.credentials import login_hints
from app.mailer.settings import DEFAULT_PORT, DEFAULT_TIMEOUT, PasswordChange, Settings
from app.web.fields import LineField, SecretField, TextLength


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
