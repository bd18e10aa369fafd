"""Which sending service a provider's name means, however it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum


class Family(StrEnum):
    """Services whose failures have causes or remedies of their own."""

    MICROSOFT365 = "microsoft365"
    EXCHANGE = "exchange"
    SES = "ses"
    GOOGLE = "google"
    SENDGRID = "sendgrid"
    MAILGUN = "mailgun"
    POSTMARK = "postmark"
    BREVO = "brevo"
    RESEND = "resend"
    MAILJET = "mailjet"
    ZOHO = "zoho"
    YAHOO = "yahoo"
    YANDEX = "yandex"
    ICLOUD = "icloud"


# Hosts are told by their last labels: "mail.acme.com" is not a host of "me.com".
_DOMAINS: dict[str, str] = {
    "office365.com": Family.MICROSOFT365,
    "office365.us": Family.MICROSOFT365,
    "office.com": Family.MICROSOFT365,
    "outlook.com": Family.MICROSOFT365,
    "outlook.cn": Family.MICROSOFT365,
    "hotmail.com": Family.MICROSOFT365,
    "mx.microsoft": Family.MICROSOFT365,
    "gmail.com": Family.GOOGLE,
    "googlemail.com": Family.GOOGLE,
    "google.com": Family.GOOGLE,
    "sendgrid.net": Family.SENDGRID,
    "sendgrid.com": Family.SENDGRID,
    "mailgun.org": Family.MAILGUN,
    "mailgun.com": Family.MAILGUN,
    "mailgun.net": Family.MAILGUN,
    "postmarkapp.com": Family.POSTMARK,
    "brevo.com": Family.BREVO,
    "sendinblue.com": Family.BREVO,
    "resend.com": Family.RESEND,
    "mailjet.com": Family.MAILJET,
    "aol.com": Family.YAHOO,
    "icloud.com": Family.ICLOUD,
    "me.com": Family.ICLOUD,
    "mac.com": Family.ICLOUD,
}
# Services that own their name under every country's ending (zoho.eu, yahoo.co.jp, yandex.net).
_OWNERS = {"zoho": Family.ZOHO, "yahoo": Family.YAHOO, "yandex": Family.YANDEX}
_SECOND_LEVEL = frozenset({"co", "com", "net", "org"})
_SES_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)*email-smtp(?:-fips)?\.[a-z0-9-]+\.(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)"
)

# Names are told by whole words. The first family with a telling one wins: "Exchange on-prem" must
# not pass for Exchange Online.
_NAMES: list[tuple[str, tuple[str, ...]]] = [
    (Family.SES, ("amazonaws", "amazonses", "amazon ses", "aws", "ses")),
    (Family.EXCHANGE, ("exchange on prem", "exchange server", "on prem")),
    (
        Family.MICROSOFT365,
        ("microsoft", "microsoft365", "office365", "office 365", "outlook", "exchange online"),
    ),
    (Family.GOOGLE, ("google", "gmail", "g suite", "workspace")),
    (Family.SENDGRID, ("sendgrid", "twilio")),
    (Family.MAILGUN, ("mailgun",)),
    (Family.POSTMARK, ("postmark",)),
    (Family.BREVO, ("brevo", "sendinblue")),
    (Family.RESEND, ("resend",)),
    (Family.MAILJET, ("mailjet",)),
    (Family.ZOHO, ("zoho",)),
    (Family.YAHOO, ("yahoo", "aol")),
    (Family.YANDEX, ("yandex",)),
    (Family.ICLOUD, ("icloud",)),
]
_HOST = re.compile(r"[^\s.@/()]+(?:\.[^\s.@/()]+)+\.?")
_LONGEST_NAME = 300


def add_family(name: str, *, domains: Sequence[str], names: Sequence[str]) -> None:
    """Tell one more service apart, by the last labels of its hosts and by words that name it."""
    _DOMAINS.update(dict.fromkeys(domains, name))
    _NAMES.append((name, (name, *names)))


def family_of(name: str | None) -> str | None:
    """The family that a provider setting, a relay's host name or a free description names."""
    if not name:
        return None
    lowered = name[:_LONGEST_NAME].casefold().strip()
    return _of_host(lowered.rstrip(".")) if _HOST.fullmatch(lowered) else _of_words(lowered)


def _of_host(host: str) -> str | None:
    if _SES_HOST.fullmatch(host):
        return Family.SES
    labels = host.split(".")
    for start in range(len(labels) - 1):
        family = _DOMAINS.get(".".join(labels[start:]))
        if family is not None:
            return family
    owner = labels[-3] if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else labels[-2]
    return _OWNERS.get(owner)


def _of_words(text: str) -> str | None:
    said = f" {' '.join(''.join(c if c.isalnum() else ' ' for c in text).split())} "
    for family, names in _NAMES:
        if any(f" {name} " in said for name in names):
            return family
    return None
