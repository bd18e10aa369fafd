"""The Flask extensions, unbound. ``create_app`` binds them."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_login import LoginManager
from flask_wtf import CSRFProtect

from app.client import client_network

csrf = CSRFProtect()
login_manager = LoginManager()
limiter = Limiter(key_func=client_network, headers_enabled=False)
