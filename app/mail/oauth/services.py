"""Where each vendor hands out tokens, and what has to be asked for.

A fixed table and never a field that somebody fills in: a client secret goes only where it belongs.
Sources: learn.microsoft.com "Authenticate an IMAP, POP or SMTP connection using OAuth" and
"National clouds"; developers.google.com "OAuth 2.0 mechanism for Gmail".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urlsplit


class Cloud(StrEnum):
    """Microsoft's separate clouds. A tenant lives in exactly one of them."""

    COMMERCIAL = "commercial"
    US_GOV_HIGH = "us_gov_high"
    US_DOD = "us_dod"
    CHINA = "china"


@dataclass(frozen=True)
class Service:
    """One sign-in service, for one tenant.

    ``device`` is ``None`` where mail scopes cannot be had by device code. ``app_scope`` is asked
    for by an application in its own name, ``delegated_scope`` on behalf of a person.
    """

    vendor: str
    authorize: str
    token: str
    device: str | None
    delegated_scope: str
    app_scope: str
    authorize_extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Place:
    login: str
    outlook: str
    smtp_host: str


# Cloud → sign-in host, resource of Exchange Online, SMTP host.
_PLACES = {
    Cloud.COMMERCIAL: _Place(
        "https://login.microsoftonline.com", "https://outlook.office365.com", "smtp.office365.com"
    ),
    Cloud.US_GOV_HIGH: _Place(
        "https://login.microsoftonline.us", "https://outlook.office365.us", "smtp.office365.us"
    ),
    Cloud.US_DOD: _Place(
        "https://login.microsoftonline.us",
        "https://outlook-dod.office365.us",
        "outlook-dod.office365.us",
    ),
    Cloud.CHINA: _Place(
        "https://login.partner.microsoftonline.cn",
        "https://partner.outlook.cn",
        "smtp.partner.outlook.cn",
    ),
}
# "outlook.office.com" is the name in Microsoft's own page for signing in people.
_DELEGATED_COMMERCIAL = "https://outlook.office.com"

_GOOGLE_AUTHORIZE = "https://accounts.google.com/o/oauth2/v2/auth"
_GOOGLE_TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
# Gmail's SMTP takes no narrower scope than this one.
GOOGLE_SCOPE = "https://mail.google.com/"

WHO = "openid email"
"""Asked for besides, to show whose mailbox was connected."""


def microsoft(tenant: str, cloud: Cloud = Cloud.COMMERCIAL, base: str | None = None) -> Service:
    """Entra ID for a tenant (GUID or verified domain). ``base`` replaces scheme and host."""
    place = _PLACES[cloud]
    resource = _DELEGATED_COMMERCIAL if cloud is Cloud.COMMERCIAL else place.outlook
    root = f"{(base or place.login).rstrip('/')}/{quote(tenant, safe='')}/oauth2/v2.0"
    return Service(
        vendor="microsoft",
        authorize=f"{root}/authorize",
        token=f"{root}/token",
        device=f"{root}/devicecode",
        delegated_scope=f"{resource}/SMTP.Send offline_access {WHO}",
        app_scope=f"{place.outlook}/.default",
        authorize_extra=(("prompt", "select_account"),),
    )


def microsoft_smtp_host(cloud: Cloud) -> str:
    """The relay of Exchange Online in that cloud; port 587, STARTTLS."""
    return _PLACES[cloud].smtp_host


def google(base: str | None = None) -> Service:
    """Google's sign-in. Without ``prompt=consent`` a repeated sign-in brings no refresh token."""
    return Service(
        vendor="google",
        authorize=_moved(_GOOGLE_AUTHORIZE, base),
        token=_moved(_GOOGLE_TOKEN, base),
        device=None,
        delegated_scope=f"{GOOGLE_SCOPE} {WHO}",
        app_scope=GOOGLE_SCOPE,
        authorize_extra=(("access_type", "offline"), ("prompt", "consent")),
    )


def _moved(address: str, base: str | None) -> str:
    return address if base is None else base.rstrip("/") + urlsplit(address).path
