"""The commands, one file per group."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from app.cli.opening import wrap

# Each of these modules has ``init_app(app)`` and adds its group to ``app.cli``.
GROUPS = ("mailer", "worker", "users", "keys", "audit", "setup")


def init_app(app: Flask) -> None:
    """Add every command group."""
    for name in GROUPS:
        import_module(f"app.cli.{name}").init_app(app)
    wrap(app.cli)
