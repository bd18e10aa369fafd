"""Response headers that hold on every page, and session cookies that follow the scheme."""

from __future__ import annotations

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

# What machines ask. They have no session, and get none.
MACHINES = frozenset({"/healthz", "/readyz", "/metrics"})

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'{forms}{frames}"
    "; frame-ancestors 'none'; base-uri 'none'"
)


def policy(*forms: str, frames: bool = False) -> str:
    """The Content-Security-Policy of a page. ``forms``: origins that an answer to one of its forms
    may lead on to, as browsers hold redirects to ``form-action`` too (CSP Level 3, 6.4.1).
    ``frames``: it shows another page of ours in a frame."""
    return _POLICY.format(
        forms="".join(f" {origin}" for origin in forms),
        frames="; frame-src 'self'" if frames else "",
    )


POLICY = policy()


class SchemeAwareSessions(SecureCookieSessionInterface):
    """Marks the cookie ``Secure`` on https, so that plain http installs can sign in too.

    An answer that is the same for everybody, and may be kept for everybody, has no cookie.
    """

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if response.cache_control.public or request.path in MACHINES:
            return
        super().save_session(app, session, response)


def _protect(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    # Addresses of pages can hold a link secret: they leave with no request.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.location and response.location.startswith(request.host_url):
        # The routing's own redirects name the host that the request names, whoever wrote it.
        response.location = "/" + response.location.removeprefix(request.host_url).lstrip("/\\")
        response.set_data(b"")
    if request.endpoint != "static" or response.status_code >= 400:
        headers["Cache-Control"] = "no-store"
    return response


def init_app(app: Flask) -> None:
    app.session_interface = SchemeAwareSessions()
    app.after_request(_protect)
