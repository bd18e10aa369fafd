"""From a configuration to what the SMTP session needs: one way, for sends, tests and checks."""

from __future__ import annotations

from app.crypto.secret import Secret
from app.mail.greeting import derived_greeting
from app.mail.transport import RelaySettings
from app.mailer.providers import provider_of
from app.mailer.settings import Settings, tls_mode


def ehlo_name(access_host: str | None, sender_address: str, chosen: str | None = None) -> str:
    """The name that relays are greeted with: the chosen one, or one that is derived."""
    return chosen or derived_greeting(access_host, sender_address)


def relay_settings(
    settings: Settings, password: Secret | None, access_host: str | None
) -> RelaySettings | None:
    """What to connect to and how; ``None`` for a provider that uses no network.

    A user name without a password is not used: a login with an empty password can only fail, and
    counts against the account.
    """
    provider = provider_of(settings)
    if not provider.uses_network:
        return None
    login = settings.username if password else None
    return RelaySettings(
        provider=settings.provider,
        host=provider.host(settings) or "",
        port=settings.port or 0,
        tls=tls_mode(settings.provider, settings.port, settings.secure, settings.encryption),
        username=login or None,
        password=password if login else None,
        ehlo_name=ehlo_name(access_host, settings.sender_address, settings.ehlo_name),
        verify=not settings.ignore_tls_errors,
        timeout=float(settings.connection_timeout),
    )
