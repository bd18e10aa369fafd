"""Form tokens that look different in every answer, so that answers can be compressed.

BREACH (CVE-2013-3587): who can make a browser ask for a page with a text of their choice in it, and
sees how long the compressed answer is, learns a secret that stands in the page letter by letter,
if it stands there in the same letters each time. A token is therefore written as a random mask
and the token combined with it.
"""

from __future__ import annotations

import base64
import secrets

from flask import Flask
from flask_wtf.csrf import CSRFProtect, generate_csrf

_MARK = "m1."
"""In front of a masked token, so that a page from before an upgrade can still be sent."""


class MaskedProtect(CSRFProtect):  # type: ignore[misc]  # it comes without types
    """Flask-WTF's protection, which reads masked tokens and has pages write them."""

    def init_app(self, app: Flask) -> None:
        super().init_app(app)
        app.jinja_env.globals["csrf_token"] = masked_token
        app.context_processor(lambda: {"csrf_token": masked_token})

    def _get_csrf_token(self) -> str | None:
        token: str | None = super()._get_csrf_token()
        return unmasked(token) if token else token


def masked_token() -> str:
    """This browser's token, behind a mask that no other answer has."""
    token = generate_csrf().encode()
    mask = secrets.token_bytes(len(token))
    both = mask + bytes(a ^ b for a, b in zip(mask, token, strict=True))
    return _MARK + base64.urlsafe_b64encode(both).decode()


def unmasked(text: str) -> str:
    """The token of a form. What is no masked token is returned as it is, to be refused."""
    if not text.startswith(_MARK):
        return text
    try:
        both = base64.urlsafe_b64decode(text[len(_MARK) :].encode())
        mask, token = both[: len(both) // 2], both[len(both) // 2 :]
        return bytes(a ^ b for a, b in zip(mask, token, strict=True)).decode()
    except ValueError:
        return text
