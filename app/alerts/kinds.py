"""The kinds of targets, and which addresses each takes.

Asked twice: when somebody types an address, and again before every request, because what may be
reached can have changed since.
"""

from __future__ import annotations

import base64
import binascii
import string
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from app.config import Config
from app.mail.smtp.connect import ascii_host

LONGEST = 2_000
"""Characters of an address; those of Teams have some 300."""

PORTS = frozenset({443, 8443})
"""What may be reached on the internet. Where private targets are allowed, any port may."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret of the format begins with
LEAST, MOST = 24, 64
"""Octets of a signing secret (Standard Webhooks, "Signature scheme")."""


class Kind(StrEnum):
    """What a target understands."""

    WEBHOOK = "webhook"
    SLACK = "slack"
    TEAMS = "teams"
    PING = "ping"


TITLES = {
    Kind.WEBHOOK: "Webhook (signed JSON)",
    Kind.SLACK: "Slack, Mattermost, Rocket.Chat or Discord",
    Kind.TEAMS: "Microsoft Teams",
    Kind.PING: "Ping (dead man’s switch)",
}

# https://learn.microsoft.com/en-us/power-automate/teams/create-flows-teams-webhook; the hosts as
# public integrations list them.
TEAMS_HOSTS = (
    ".logic.azure.com",
    ".logic.azure.us",
    ".api.powerplatform.com",
    ".api.powerautomate.com",
    ".flow.microsoft.com",
)
RETIRED_TEAMS = ".webhook.office.com"
"""Office 365 connectors, which Microsoft switched off in May 2026."""


class AddressRefused(ValueError):
    """The address cannot be used. The message says why, for a person, and repeats none of it."""


class SecretRefused(ValueError):
    """The signing secret cannot be used. The message says why, and repeats none of it."""


@dataclass(frozen=True)
class Address:
    """A checked address. ``host`` and ``ending`` are what may be shown of it."""

    url: str
    host: str
    ending: str

    def __repr__(self) -> str:
        return f"Address({self.host}, hidden)"


def checked(kind: Kind, text: str, config: Config) -> Address:
    """The address as it will be used. Raises :class:`AddressRefused`."""
    url = text.strip()
    if not url:
        raise AddressRefused("Paste the address that alerts go to.")
    if len(url) > LONGEST:
        raise AddressRefused(f"This address is longer than {LONGEST} characters.")
    if not url.isprintable() or any(sign.isspace() for sign in url):
        raise AddressRefused("An address has no blanks and no line breaks in it.")
    parts, port = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressRefused("An address begins with https:// and a host name.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("A user name or password cannot stand in the address.")
    private = config.alert_private_targets
    if parts.scheme == "http" and not private:
        raise AddressRefused(
            "Only https:// addresses are used. NOVANTRA_ALERT_PRIVATE_TARGETS=on also allows http://"
            " and addresses in private networks."
        )
    if port is not None and port not in PORTS and not private:
        raise AddressRefused(
            "Only the ports 443 and 8443 are used. NOVANTRA_ALERT_PRIVATE_TARGETS=on also allows"
            " others."
        )
    try:
        host = ascii_host(parts.hostname)
    except OSError:
        raise AddressRefused("The host name in this address is none.") from None
    if kind is Kind.TEAMS and f".{host}".endswith(RETIRED_TEAMS):
        raise AddressRefused(
            "This is the address of an Office 365 connector, which Microsoft switched off in May"
            " 2026. Make one with the Workflows app in Teams: “Send webhook alerts to a channel”."
        )
    shown = f"[{host}]" if ":" in host else host
    there = shown if port is None else f"{shown}:{port}"
    behind = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return Address(
        url=urlunsplit((parts.scheme, there, _ascii(parts.path), _ascii(parts.query), "")),
        host=there,
        # Of a short path four signs would be too much of it.
        ending=behind[-4:] if len(behind) >= 16 else "",
    )


def _ascii(text: str) -> str:
    """As it travels (RFC 3987 section 3.1): only what is no ASCII is written in another way."""
    return quote(text, safe=string.punctuation)


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise AddressRefused("This address cannot be read.") from None


def is_unknown_teams_host(kind: Kind, host: str) -> bool:
    """Whether a Teams address leads to a host that no Workflows address is known to have."""
    return kind is Kind.TEAMS and not f".{host.partition(':')[0]}".endswith(TEAMS_HOSTS)


def signing_key(text: str) -> bytes:
    """The octets of a signing secret, ``whsec_`` and base64. Raises :class:`SecretRefused`."""
    try:
        key = base64.b64decode(text.strip().removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not LEAST <= len(key) <= MOST:
        raise SecretRefused(
            f"A signing secret is {SECRET_PREFIX} and {LEAST} to {MOST} random octets in base64, as"
            " the receiver shows it. The one below the form may be used."
        )
    return key
