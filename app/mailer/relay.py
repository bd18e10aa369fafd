"""From a configuration to what the SMTP session needs: one way, for sends, tests and checks."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from app.crypto.secret import Secret
from app.mail.transports.base import RelaySettings
from app.mailer.providers import provider_of
from app.mailer.settings import Settings, tls_mode

_MEANINGLESS = frozenset({"localhost", "localhost.localdomain"})


def ehlo_name(access_host: str | None, sender_address: str) -> str:
    """The name we introduce ourselves with: the access URL's host.

    Large relays turn away clients that call themselves localhost, so an install that is only
    reached under that name uses its sender's domain. IP addresses are written as RFC 5321
    section 4.1.3 asks.
    """
    host = (access_host or "").strip("[]")
    try:
        literal = ip_address(host)
    except ValueError:
        named = host and host not in _MEANINGLESS
        return host if named else sender_address.rpartition("@")[2] or "localhost"
    if literal.is_loopback and "@" in sender_address:
        return sender_address.rpartition("@")[2]
    return f"[IPv6:{literal}]" if isinstance(literal, IPv6Address) else f"[{literal}]"


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
        tls=tls_mode(settings.provider, settings.port, settings.secure),
        username=login or None,
        password=password if login else None,
        ehlo_name=ehlo_name(access_host, settings.sender_address),
        verify=not settings.ignore_tls_errors,
        timeout=float(settings.connection_timeout),
    )
