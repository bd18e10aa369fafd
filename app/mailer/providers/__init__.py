"""The providers an administrator can choose, in the order of their cards, a folder each.

In a folder: ``provider.py`` (what it is), ``form.py`` (a class ``Form``, loaded only for pages),
``fields.html`` (its fields) and, where its failures have causes of their own, ``advice.py``.
"""

from __future__ import annotations

from app.audit.tags import add_value
from app.mail.failures.advice import BY_PROVIDER, BY_TOKEN
from app.mail.failures.providers import add_family
from app.mailer.limits import Limits
from app.mailer.providers.base import Provider, Remark
from app.mailer.providers.console.provider import Console
from app.mailer.providers.google.provider import Google
from app.mailer.providers.microsoft365.provider import Microsoft365
from app.mailer.providers.ses.provider import Ses
from app.mailer.providers.smtp.provider import Smtp
from app.mailer.settings import Settings

PROVIDERS: dict[str, Provider] = {}
DEFAULT = Smtp.value

__all__ = [
    "DEFAULT",
    "PROVIDERS",
    "Provider",
    "Remark",
    "limits_of",
    "logs_in",
    "provider_of",
    "region_of",
    "register",
]


def register(provider: Provider) -> None:
    """Put a provider among the choices, its name into the audit log's pages, and what it knows of
    its failures among the advice."""
    PROVIDERS[provider.value] = provider
    add_value("provider", provider.value, provider.title)
    if provider.advice:
        BY_PROVIDER[provider.value] = provider.advice
        BY_TOKEN[provider.value] = provider.token_advice
        add_family(provider.value, domains=provider.domains, names=provider.names)


def limits_of(provider: str, host: str | None) -> Limits:
    """What the service behind a host allows, whichever provider it was typed under."""
    owner = next((p for p in PROVIDERS.values() if host and p.owns(host)), PROVIDERS[provider])
    return owner.limits


def provider_of(settings: Settings) -> Provider:
    return PROVIDERS[settings.provider]


def logs_in(settings: Settings) -> bool:
    """Whether a password is of any use: without a user name, and to the log, nobody logs in."""
    return provider_of(settings).uses_network and bool(settings.username)


def region_of(provider: str, host: str, chosen: str | None) -> str | None:
    """The region that mail leaves through. A host that names one is believed over the answer."""
    named = (known.region_in(host) for known in PROVIDERS.values())
    return next((region for region in named if region), PROVIDERS[provider].region_chosen(chosen))


for _provider in (Smtp(PROVIDERS.values()), Microsoft365(), Google(), Ses(), Console()):
    register(_provider)
