"""The form of each provider, from its folder, loaded when it is first asked for.

Mail is sent without any of them, so the worker's path knows only that they exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from app.mailer.forms.base import MailerForm
from app.mailer.providers import PROVIDERS

__all__ = ["FORMS", "PROVIDER_UNKNOWN", "MailerForm"]

PROVIDER_UNKNOWN = "Choose one of the providers that are listed."


class _Forms(Mapping[str, type[MailerForm]]):
    """The class ``Form`` in each provider's ``form.py``, by the provider's value."""

    def __getitem__(self, value: str) -> type[MailerForm]:
        form: type[MailerForm] = import_module(f"{PROVIDERS[value].folder}.form").Form
        return form

    def __contains__(self, value: object) -> bool:
        return value in PROVIDERS

    def __iter__(self) -> Iterator[str]:
        return iter(PROVIDERS)

    def __len__(self) -> int:
        return len(PROVIDERS)


FORMS: Mapping[str, type[MailerForm]] = _Forms()
