"""What values from the environment or a file mean, by the rules of the forms that the page has.

What is missing takes the default that an empty form shows, so a value is refused here for the same
reasons and in the same words as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField
from wtforms.widgets import TextArea

from app.mailer.configuration import settings_of
from app.mailer.declared import Interpreted
from app.mailer.forms import FORMS, PROVIDER_UNKNOWN, MailerForm
from app.mailer.forms.filling import data_of
from app.mailer.models import MailerConfiguration
from app.mailer.providers import DEFAULT, PROVIDERS
from app.mailer.settings import CLIENT_KEY, SECRET_FIELDS, SENDER_FIELDS, Settings

NEEDS_THE_PAGE = (
    "The key of a certificate is made on the mailer page and cannot be declared. Use a client"
    " secret, or set mail up there."
)


def interpret(values: Mapping[str, str], *, kept: MailerConfiguration | None = None) -> Interpreted:
    """``values`` by the names of the form's fields.

    :param kept: the row that is to be saved over, whose secrets stay where none are given. An
        environment has none, and nobody to make one
    """
    provider = values.get("provider", DEFAULT)
    if provider not in PROVIDERS:
        listed = ", ".join(PROVIDERS)
        why = f"{PROVIDER_UNKNOWN.rstrip('.')}: {listed}."
        return Interpreted(Settings(DEFAULT), problems=(("provider", why),))
    odd = list(_not_plain(FORMS[provider](formdata=None, meta=_BY_ITSELF), values))
    if odd:
        return Interpreted(Settings(provider), problems=tuple(odd))
    form = form_of(provider, values, **(_secrets_of(kept, provider) if kept is not None else {}))
    form.validate()
    settings = form.answers()
    problems = [(name, str(said)) for name, all_of_it in form.errors.items() for said in all_of_it]
    if settings.makes_certificate and kept is None:
        problems.append(("client_credential", NEEDS_THE_PAGE))
    if problems:
        return Interpreted(settings, problems=tuple(problems))
    typed = {
        settings.secret_field or "": form.password_change().typed,
        CLIENT_KEY: form.client_key_change().typed,
    }
    return Interpreted(
        settings,
        {name: secret for name, secret in typed.items() if secret is not None},
        unused=tuple(_unused(form, settings, values)),
        hints=tuple(hint for of_field in form.hints().values() for hint in of_field),
    )


def _secrets_of(row: MailerConfiguration, provider: str) -> dict[str, Any]:
    return {
        "stored": row.password_sealed is not None,
        "stored_as": settings_of(row).secret_field,
        "elsewhere": row.provider != provider,
        "key_for": row.client_certificate if row.client_key_sealed else None,
    }


def field_names(form_class: type[MailerForm]) -> frozenset[str]:
    """The fields that a provider's form has."""
    return frozenset(field.name for field in form_class(formdata=None, meta=_BY_ITSELF))


def form_of(provider: str, values: Mapping[str, str], **options: Any) -> MailerForm:
    """A provider's form as if these values had been sent, and its defaults for the others."""
    form_class = FORMS[provider]
    defaults = data_of(PROVIDERS[provider].defaults(), 0)
    empty = form_class(formdata=None, meta=_BY_ITSELF)
    sent: MultiDict[str, str] = MultiDict()
    for field in empty:
        if field.name in values:
            sent[field.name] = values[field.name]
        elif field.name in defaults and field.name not in SENDER_FIELDS:
            default = defaults[field.name]
            if isinstance(field, BooleanField):
                sent[field.name] = "on" if default else "off"
            elif default:  # else what the field itself begins with
                sent[field.name] = str(default)
    return form_class(formdata=sent, meta=_BY_ITSELF, **options)


def _without_translations(_form: MailerForm) -> None:
    """The program speaks English, and there need not be a request."""


_BY_ITSELF = {"csrf": False, "get_translations": _without_translations}


def _not_plain(form: MailerForm, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Values that no field could have been typed with. Lines are broken where the page has an area
    for a whole file, and nowhere else."""
    for name, text in values.items():
        allowed = "\t\r\n" if name in form and isinstance(form[name].widget, TextArea) else ""
        if any((sign < " " or sign == "\x7f") and sign not in allowed for sign in text):
            yield name, "It has a line break or another control character in it."


def _unused(form: MailerForm, settings: Settings, values: Mapping[str, str]) -> Iterator[str]:
    """Fields that another provider has, or another way to log in."""
    used = getattr(form, "used", None)
    of_ways = {name for way in getattr(form, "uses", {}).values() for name in way}
    for name in values:
        if name == "provider" or name in SENDER_FIELDS:
            continue
        elsewhere = name not in form
        other_way = used is not None and name in of_ways and name not in used
        other_secret = name in SECRET_FIELDS and name not in {settings.secret_field, CLIENT_KEY}
        if elsewhere or other_way or other_secret:
            yield name
