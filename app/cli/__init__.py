"""The commands, one file per group."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Everything in this room that binds to the application."""
