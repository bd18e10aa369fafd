"""Proof that who exchanges a code is who began the sign-in (RFC 7636), and the page to begin at."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from urllib.parse import urlencode

from app.crypto.secret import Secret
from app.mail.oauth.services import Service

LONGEST_REDIRECT = 256
"""Characters; Entra's limit for a redirect address."""
_LOOPBACK = re.compile(r"http://(?:localhost|127\.0\.0\.1)(?::\d{1,5})?/")


def new_verifier() -> Secret:
    """43 characters of 256 random bits (RFC 7636 section 4.1)."""
    return Secret(secrets.token_urlsafe(32))


def challenge_of(verifier: Secret) -> str:
    """S256 (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.reveal().encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def sign_in_page(
    service: Service,
    *,
    client_id: str,
    redirect: str,
    state: str,
    verifier: Secret,
    mailbox: str | None,
) -> str:
    """The address at the vendor to send the administrator's browser to."""
    fields = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": redirect,
        "scope": service.delegated_scope,
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        **dict(service.authorize_extra),
    }
    if mailbox:
        fields["login_hint"] = mailbox
    return f"{service.authorize}?{urlencode(fields)}"


def redirect_problem(address: str) -> str | None:
    """Why Entra or Google would not take this redirect address, in words; ``None`` if they do."""
    if len(address) > LONGEST_REDIRECT:
        return f"The redirect address is longer than {LONGEST_REDIRECT} characters."
    if any(sign in address for sign in "!$'(),;"):
        return "The redirect address has a character that Microsoft does not take."
    # Loopback goes without TLS at both; Entra takes 127.0.0.1 only in the app's manifest.
    local = _LOOPBACK.match(address) is not None
    if not address.startswith("https://") and not local:
        return "Signing in needs an access URL with https. A device code works without."
    return None
