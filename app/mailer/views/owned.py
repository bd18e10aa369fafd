"""What of the page is the environment's: shown with where it comes from, without a field to type
in, and refused where it is sent all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import g, request

from app.audit.tags import value_words
from app.mailer.configuration import settings_of, stored
from app.mailer.declared import SENDER_ALONE, Declared, label_of
from app.mailer.forms import MailerForm
from app.mailer.forms.declaring import form_of
from app.mailer.forms.filling import data_of
from app.mailer.in_force import declared_now, elsewhere, in_force
from app.mailer.models import MailerConfiguration
from app.mailer.providers import PROVIDERS, provider_of
from app.mailer.settings import SENDER_FIELDS
from app.mailer.trusting import CERTIFICATES, in_words
from app.mailer.variables import DECLARABLE, FILE_NAMES, NAMES
from app.runtime import runtime
from app.web.context import db

REMOVES = "remove_password"


@dataclass(frozen=True)
class Row:
    """One field: ``value`` is empty for a secret, ``origin`` where it comes from."""

    name: str
    label: str
    value: str
    origin: str


@dataclass(frozen=True)
class Owned:
    """What a page shows. ``kept`` says what would apply if the variables went; ``elsewhere`` that
    another process has another environment."""

    declared: Declared
    row: MailerConfiguration | None
    rows: tuple[Row, ...]
    kept: str
    elsewhere: str | None
    free: tuple[str, ...]

    @property
    def destination(self) -> bool:
        return self.declared.owns_destination

    def owns(self, name: str | None) -> bool:
        """Whether a field has no input on the page."""
        if name is None:
            return False
        if self.destination:
            return name not in self.free
        return self.declared.owns(name)

    def advice(self, name: str) -> str:
        """How the field is changed."""
        return self.declared.advice(name)


def owned_now() -> Owned | None:
    """For the page of this request; ``None`` where the page decides everything."""
    if "mail_owned" not in g:
        g.mail_owned = _owned()
    found = g.mail_owned
    assert found is None or isinstance(found, Owned)
    return found


def _owned() -> Owned | None:
    session, live = db(), runtime()
    declared = declared_now(session, live)
    if declared is None:
        return None
    row, kept = in_force(session, live), stored(session)
    free = [name for name in SENDER_FIELDS if name not in declared.given and kept is not None]
    return Owned(
        declared,
        row,
        tuple(_rows(declared, row, free)),
        _kept(declared, kept),
        elsewhere(session, live),
        tuple(free),
    )


def _rows(declared: Declared, row: MailerConfiguration | None, free: list[str]) -> Iterator[Row]:
    """The fields that count for what is chosen, the given ones first of all."""
    settings = settings_of(row) if row is not None and declared.problem is None else None
    for name in DECLARABLE:
        given = declared.given.get(name)
        if given is None and (name in free or not declared.owns(name) or settings is None):
            continue
        value = _words(name, getattr(settings, name, None)) if settings else ""
        if given is None and not value:
            continue
        yield Row(name, label_of(name), value, given.words if given else "default")


def _words(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if name == "provider":
        return PROVIDERS[str(value)].title
    if name == "trust":
        return value_words(value, name)
    if name in CERTIFICATES:
        return str(in_words(name, value))
    return f"{value} s" if name == "connection_timeout" else str(value)


def _kept(declared: Declared, row: MailerConfiguration | None) -> str:
    if row is None:
        return "Nothing is stored here: without these variables mail would not be set up."
    settings = settings_of(row)
    if not declared.owns_destination:
        sender = f"{settings.sender_name} <{settings.sender_address}>".strip()
        return f"Stored here, and in force again without these variables: {sender}."
    provider = provider_of(settings)
    host = provider.host(settings)
    where = f", {host}:{settings.port}" if host else ""
    secret = ", with what was typed to log in" if row.password_sealed else ""
    return (
        "Stored here, and in force again without these variables:"
        f" {provider.title}{where}, from {settings.sender_address}{secret}."
    )


def posted_in_vain() -> list[str]:
    """The variables that decide what was sent in the form of this request; empty for none."""
    owned = owned_now()
    if owned is None:
        return []
    sent = [name for name in DECLARABLE if name in request.form and owned.owns(name)]
    if REMOVES in request.form and owned.destination:
        sent.append(REMOVES)
    if not sent:
        return []
    given = [each.variable for each in owned.declared.given.values()]
    decisive = [v for name in sent for v in (NAMES.get(name), FILE_NAMES.get(name)) if v in given]
    return [variable for variable in decisive if variable] or given


def form_in_force(owned: Owned, typed: Mapping[str, str]) -> MailerForm:
    """The form as if what is in force had been typed, its secret kept, and the sender as
    ``typed``."""
    row = owned.row
    if row is None:  # what it says cannot be used, and nothing of it is shown
        return form_of(SENDER_ALONE, dict(typed))
    settings = settings_of(row)
    values = {
        name: ("on" if value else "off") if isinstance(value, bool) else str(value)
        for name, value in data_of(settings, 0).items()
        if value != ""
    }
    return form_of(
        row.provider,
        values | dict(typed),
        stored=row.password_sealed is not None,
        stored_as=settings.secret_field,
        key_for=row.client_certificate if row.client_key_sealed else None,
    )
