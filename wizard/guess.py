"""Guesses the access URL from the way the browser got here, for a person to confirm."""

from __future__ import annotations

from flask import Request

from app.install.access_url import AccessUrlRefused, parse_access_url


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
