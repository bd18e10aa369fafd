"""The Flask extensions, unbound. ``create_app`` binds them."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_login import LoginManager

from app.client import client_network
from app.csrf import MaskedProtect

csrf = MaskedProtect()
login_manager = LoginManager()
limiter = Limiter(key_func=client_network, headers_enabled=False)

REDIS_SECONDS = 2
"""For Redis to take a connection, and for each of its answers; without it, counting goes on in the
memory of this process."""


def limiter_options(storage: str) -> dict[str, int]:
    """How the limiter's storage is spoken to."""
    if storage == "memory://":
        return {}
    return {"socket_connect_timeout": REDIS_SECONDS, "socket_timeout": REDIS_SECONDS}
