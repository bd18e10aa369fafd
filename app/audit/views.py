"""The audit log page and its exports."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Everything in this room that binds to the application."""
