"""The providers an administrator can choose, in the order of their cards."""

from __future__ import annotations

from app.mailer.providers.base import Provider, Remark
from app.mailer.providers.console.provider import Console
from app.mailer.providers.microsoft365.provider import Microsoft365
from app.mailer.providers.ses.provider import Ses
from app.mailer.providers.smtp.provider import Smtp
from app.mailer.settings import Settings

PROVIDERS: dict[str, Provider] = {
    provider.value: provider for provider in (Smtp(), Microsoft365(), Ses(), Console())
}
DEFAULT = "smtp"

__all__ = ["DEFAULT", "PROVIDERS", "Provider", "Remark", "provider_of"]


def provider_of(settings: Settings) -> Provider:
    return PROVIDERS[settings.provider]
