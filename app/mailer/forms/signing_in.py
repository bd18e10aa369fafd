"""Forms with several ways to log in: of what is typed, only what the chosen way uses counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar

from markupsafe import Markup
from wtforms import Field, StringField, ValidationError
from wtforms.widgets import DateInput, TextArea, html_params

from app.crypto.secret import Secret
from app.mail.oauth.pkce import redirect_problem
from app.mail.oauth.signing import thumbprint_of
from app.mailer.forms.base import NetworkForm, typed_password
from app.mailer.forms.fields import OneOf
from app.mailer.models import MailerConfiguration
from app.mailer.providers import Remark
from app.mailer.settings import PasswordChange, Settings
from app.runtime import runtime
from app.web.fields import LineField, SecretField

REDIRECT = "/admin/system/mailer/connected"
"""Where the vendor sends the browser back to, below the access URL."""

END_DROPPED = (
    "The day at “Client secret ends” is over, so it is the end of the client secret before. Type"
    " that of the new one, to be warned in time."
)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


class OfAWay(Field):
    """Mixed into a field that only some ways use: under another way it is never wrong."""

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        if self.name not in form.used:
            self.errors = []
            return True
        return super().validate(form, extra_validators)


class WayLine(OfAWay, LineField):
    """A line of text."""


class WayChoice(OfAWay, OneOf):
    """One of a few words."""


class WaySecret(OfAWay, SecretField):
    """A secret on one line."""


class SecretArea(TextArea):
    """Never writes the text back into the page, whatever the field holds."""

    input_type = "textarea"

    def __call__(self, field: StringField, **kwargs: Any) -> Markup:
        kwargs.setdefault("id", field.id)
        attributes = html_params(name=field.name, **kwargs)
        return Markup(f"<textarea {attributes}></textarea>")  # noqa: S704 - escaped by html_params


class WayFile(OfAWay, StringField):
    """The text of a file that holds a secret: as typed, never rendered back."""

    widget = SecretArea()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = valuelist[0] if valuelist and isinstance(valuelist[0], str) else ""


class WayDay(OfAWay, LineField):
    """A day, as ISO 8601 writes it. Empty is allowed."""

    widget = DateInput()

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data and self.day is None:
            raise ValidationError("Write the day as 2027-03-31: year, month, day.")

    @property
    def day(self) -> date | None:
        text = str(self.data or "")
        if not _DAY.fullmatch(text):
            return None
        try:
            found = date.fromisoformat(text)
        except ValueError:
            return None
        return found if _FIRST_DAY <= found <= _LAST_DAY else None


class Cleaned:
    """Brings a text into its one form with ``clean``, whose ``ValueError`` is for people."""

    def __init__(self, clean: Any, empty: str) -> None:
        self.clean, self.empty = clean, empty

    def __call__(self, form: Any, field: Field) -> None:
        if not field.data:
            raise ValidationError(self.empty)
        try:
            field.data = self.clean(field.data)
        except ValueError as refused:
            raise ValidationError(str(refused)) from None


def redirect_address(access_url: str) -> str:
    """What has to be registered at the vendor, letter for letter."""
    return access_url.rstrip("/") + REDIRECT


class SignInForm(NetworkForm):
    """A mailbox at a vendor that has several ways to log in.

    Subclasses declare ``login_method`` with the ways there are, the fields that those need, and in
    ``uses`` which way needs which.
    """

    login_method: OneOf
    uses: ClassVar[Mapping[str, frozenset[str]]]

    redirect_address: str | None = None
    certificate: str | None = None
    certificate_ends_at: datetime | None = None
    # Whether the steps at the vendor have been taken: then they need not be in the way.
    settled = False
    # An end that was typed with a newer client secret was left out: it is that of the one before.
    dropped_end = False
    # What is only made or pressed after a configuration was saved has to wait for setup's end.
    in_setup = False

    @property
    def way(self) -> str:
        """How to log in, as chosen; the first way where something else was sent.

        A password that is typed all by itself means just that, whatever else was preselected.
        """
        chosen = self.login_method.word
        of_it = self.uses[chosen] & _TYPED
        if self.password.data and not any(self._fields[name].data for name in of_it):
            return "password"
        return chosen

    @property
    def used(self) -> frozenset[str]:
        """The names of the fields that count for the chosen way, besides those of every way."""
        return self.uses[self.way]

    def answers(self) -> Settings:
        return replace(
            super().answers(),
            login_method=self.way,
            cloud=self._answer("cloud"),
            tenant_id=self._answer("tenant_id"),
            client_id=self._answer("client_id"),
            client_credential=self._answer("client_credential"),
            client_secret_ends=self._answer("client_secret_ends"),
        )

    def validate(self, extra_validators: Any = None) -> bool:
        self._drop_an_older_end()
        return super().validate(extra_validators)

    def _drop_an_older_end(self) -> None:
        """A day that is over is the end of the stored secret, and not of one that is typed anew."""
        if "client_secret_ends" not in self or not self.keeps("client_secret"):
            return
        if not self._fields["client_secret"].data:
            return
        ends = self._fields["client_secret_ends"]
        assert isinstance(ends, WayDay), "the form's own field"
        if ends.day is not None and ends.day <= runtime().now().date():
            ends.data, self.dropped_end = "", True

    def _answer(self, name: str) -> str | None:
        if name not in self.used or name not in self._fields:
            return None
        field = self._fields[name]
        text = field.word if isinstance(field, OneOf) else field.data
        return str(text) if text else None

    def password_change(self) -> PasswordChange:
        """What was typed for the one secret of the chosen way, whatever it is called."""
        name = self.answers().secret_field
        typed = None
        if name == "password":
            typed = typed_password(self.password.data, self._fields["host"].data)
        elif name is not None and self._fields[name].data:
            typed = Secret(self._fields[name].data)
        return PasswordChange(typed, bool(self.remove_password.data) or self.drops_password)

    @property
    def drops_password(self) -> bool:
        return self.way == "password" and super().drops_password

    @property
    def touches_password(self) -> bool:
        return self.password_change().typed is not None or bool(self.remove_password.data)

    def beside(
        self,
        access_url: str | None,
        row: MailerConfiguration | None = None,
        *,
        settled: bool = False,
        in_setup: bool = False,
    ) -> None:
        self.in_setup = in_setup
        self.redirect_address = redirect_address(access_url) if access_url else None
        self.settled = settled
        if row is not None:
            self.certificate, self.certificate_ends_at = row.certificate, row.certificate_ends_at

    @property
    def redirect_problem(self) -> str | None:
        """Why the vendor would not take the redirect address, in words."""
        return redirect_problem(self.redirect_address or "")

    @property
    def thumbprint(self) -> str:
        """Of the certificate, as Entra shows it."""
        return thumbprint_of(self.certificate) if self.certificate else ""

    def own_hints(self, answers: Settings) -> list[Remark]:
        if self.dropped_end:
            return [Remark("client_secret_ends", END_DROPPED)]
        return [] if answers.uses_token else super().own_hints(answers)

    def _require_login(self, change: PasswordChange) -> None:
        name = self.answers().secret_field
        if name is None or name in self.optional_secrets:
            return
        if self.remove_password.data:
            self.refuse(
                "remove_password",
                f"{self.provider.title} needs it for this way of signing in. Choose another way,"
                " or type another one.",
            )
        elif change.typed is None and not self.stored and not self._fields[name].errors:
            self.refuse(name, self.empty_secrets[name])

    empty_secrets: ClassVar[Mapping[str, str]]

    @property
    def optional_secrets(self) -> frozenset[str]:
        """Secrets without which the chosen way works as well."""
        return frozenset()


_TYPED = frozenset({"tenant_id", "client_id", "client_secret", "service_account_key"})
