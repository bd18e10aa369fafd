"""The commands, one file per group."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add every command group."""
    from app.cli import (
        audit,
        backup,
        declaring,
        doctor,
        keys,
        mailer,
        opening,
        setup,
        users,
        worker,
    )

    for group in (mailer, worker, declaring, users, keys, audit, setup, doctor, backup):
        group.init_app(app)
    opening.wrap(app.cli)
