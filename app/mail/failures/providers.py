"""Which sending service a provider's name means, however it is written."""

from __future__ import annotations

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


# The first family with a telling word wins: "Exchange on-prem" must not pass for Exchange Online.
_TELLING = (
    (Family.SES, ("amazonaws", "amazonses", "aws", "ses")),
    (Family.EXCHANGE, ("exchange on-prem", "exchange server", "on-prem")),
    (Family.MICROSOFT365, ("microsoft", "office365", "office 365", "outlook", "exchange online")),
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
    (Family.ICLOUD, ("icloud", "me.com", "mac.com")),
)

_LONGEST_NAME = 300


def family_of(name: str | None) -> Family | None:
    """The family that a provider setting, a relay's host name or a free description names."""
    if not name:
        return None
    lowered = name[:_LONGEST_NAME].casefold()
    for family, words in _TELLING:
        for word in words:
            # "ses" and "aws" are words of their own; inside "processes" they tell nothing.
            if word in lowered and (len(word) > 3 or word in _words(lowered)):
                return family
    return None


def _words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text).split())
