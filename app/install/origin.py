"""Whether a form was sent from a page of this install, and if not, what to change.

The form's token is the guard. This is the second one, for https: a page somewhere else that got
hold of a token must not be able to send it. Browsers say where a form stood in ``Sec-Fetch-Site``
(W3C Fetch Metadata), ``Origin`` (RFC 6454 section 7) and ``Referer``. The first speaks for itself;
the others are compared with the access URL, because ``Host`` is only what the last proxy wrote:
often without the port, sometimes the name of the upstream. A header that a proxy took away says
nothing, so nothing follows from it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from app.install.access_url import AccessUrlRefused, parse_access_url
from app.install.service import access_url
from app.runtime import runtime
from app.web.errors import Refusal, page_for

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_OPAQUE = "null"


def _origin_of(text: str) -> str | None:
    """``scheme://host[:port]`` as access URLs are written, or ``None`` when it is none."""
    try:
        parts = urlsplit(text)
        return parse_access_url(f"{parts.scheme}://{parts.netloc}").url
    except (ValueError, AccessUrlRefused):
        return None


def _host() -> str | None:
    """The host that the request names, without a port."""
    return urlsplit(request.host_url).hostname


def _sent_from() -> tuple[str, str] | None:
    """The header that names the page's origin, and its text; ``None`` when neither is there."""
    for name in ("Origin", "Referer"):
        text = request.headers.get(name)
        if text:
            return name, text
    return None


def refuse_other_origins() -> None:
    """Runs before every request. Raises the page that says which header is wrong."""
    if request.method not in _CHANGING:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site in {"same-origin", "none"}:
        return
    if site is not None:
        raise _another_site()
    # What travels in the clear can be changed by anybody on the way: it proves nothing.
    sent = _sent_from() if request.is_secure else None
    if sent is None:
        return
    header, text = sent
    origin = _origin_of(text)
    if origin is None:
        raise _unreadable(header)
    if origin == _origin_of(request.host_url):
        return
    if origin.startswith("http://") and urlsplit(origin).hostname == _host():
        raise _schemes_disagree(header, origin)
    with runtime().database.session(reading=True) as looking:
        ours = access_url(looking, runtime().config)
    # During setup nobody has said yet where people open the install; the setup token guards it.
    if ours is not None and origin != ours:
        raise _not_ours(header, origin, ours)


def _another_site() -> Refusal:
    return Refusal(
        400,
        "This form was not sent from a page of this install",
        "The browser's header Sec-Fetch-Site says that another site sent it, so nothing was done.",
        "Open the page here and send the form from it.",
        request.path,
        "Open the page",
    )


def _unreadable(header: str) -> Refusal:
    return Refusal(
        400,
        "It cannot be seen which page this form was sent from",
        f"The header {header} names no site. Browsers send “{_OPAQUE}” there from a page in a"
        " sandbox and under some privacy settings; a proxy may have changed it.",
        f"Let the browser, or the proxy in front, pass {header} on as it is.",
        request.path,
        "Reload the page",
    )


def _not_ours(header: str, origin: str, ours: str) -> Refusal:
    return Refusal(
        400,
        "This form was sent from another address than this install’s",
        f"The header {header} says {origin}, the header Host says {request.host}, and the access"
        f" URL is {ours}: neither of the two fits.",
        f"Open {ours} and use the form there. If {origin} is where people should open this"
        " install, an install administrator changes the access URL to it (System → Access URLs,"
        " or NOVANTRA_ACCESS_URL), or the proxy passes the Host header that the browser sent"
        " (nginx: proxy_set_header Host $http_host).",
        ours,
        "Open this install",
    )


def _schemes_disagree(header: str, origin: str) -> Refusal:
    return Refusal(
        400,
        "The browser and the proxy do not agree on https",
        f"The header {header} says {origin}, the header X-Forwarded-Proto says https. The"
        " session’s cookie is then for https only, and the browser does not send it.",
        "Open the https address of this install. If there is none, the proxy has to say what it"
        " was asked for (nginx: proxy_set_header X-Forwarded-Proto $scheme).",
        request.path,
        "Reload the page",
    )


def _no_token(_error: CSRFError) -> Response:
    """The form's token is missing or is not this browser's: the likeliest reason first."""
    return page_for(_stale() if request.cookies else _without_cookie())


def _without_cookie() -> Refusal:
    return Refusal(
        400,
        "The browser sent no cookie with this form",
        "The header Cookie is missing. Either cookies are switched off for this address, or a"
        " proxy in front took the header away.",
        "Allow cookies for this address, reload the page and send the form again. A proxy has to"
        " pass Cookie and Set-Cookie on as they are.",
        request.path,
        "Reload the page",
    )


def _stale() -> Refusal:
    return Refusal(
        400,
        "This form is out of date",
        "It was opened in an earlier session, for example before signing in or out elsewhere.",
        "Go back, reload the page and send the form again.",
        request.path,
        "Reload the page",
    )


def init_app(app: Flask) -> None:
    # The library compares Referer with Host, which proxies change.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    # Before the token is looked at: a form from elsewhere has none, and is told why it is refused.
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_other_origins)
    app.register_error_handler(CSRFError, _no_token)
