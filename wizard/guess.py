"""Guesses answers from what is known already, for a person to confirm."""

from __future__ import annotations

from flask import Request

from app.install.access_url import AccessUrlRefused, parse_access_url
from app.mail.addresses import domain_of

# Whoever has a mailbox there does not own the domain: no relay lets an install send as it.
MAILBOX_SERVICES = (
    *("gmail.", "googlemail.", "outlook.", "hotmail.", "live.", "msn.", "yahoo.", "ymail."),
    *("icloud.", "me.com", "mac.com", "aol.", "gmx.", "web.de", "t-online.", "freenet.de"),
    *("proton.", "protonmail.", "pm.me", "tutanota.", "tuta.", "mail.ru", "yandex.", "ya.ru"),
    *("qq.com", "163.com", "126.com", "foxmail.", "naver.com", "orange.fr", "free.fr", "laposte."),
    *("wanadoo.", "libero.it", "fastmail.", "hey.com", "posteo.", "mailbox.org", "zoho."),
)


def guess_access_url(request: Request, trusted_proxies: int) -> str:
    """A usable address or an empty text.

    The scheme already follows trusted proxies (``ProxyFix``). Forwarded hosts are believed
    for as many proxies as the install trusts: each appends one value, the outermost trusted
    one stands that many places from the end.
    """
    host = request.host
    if trusted_proxies:
        host = _forwarded_host(request, trusted_proxies) or host
    try:
        return parse_access_url(f"{request.scheme}://{host}").url
    except AccessUrlRefused:
        return ""


def _forwarded_host(request: Request, trusted_proxies: int) -> str | None:
    values = [v.strip() for v in request.headers.get("X-Forwarded-Host", "").split(",")]
    return values[-trusted_proxies] if len(values) >= trusted_proxies else None


def guess_sender(email: str | None) -> str | None:
    """``novantra@`` the administrator's own domain; ``None`` for a mailbox service's domain, or
    one that no mail comes from."""
    domain = domain_of(email or "").lower()
    if "." not in domain or domain.startswith(MAILBOX_SERVICES):
        return None
    return f"novantra@{domain}"
