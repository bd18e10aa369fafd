"""``audit verify`` and ``audit export``."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from app.audit.export import json_line
from app.audit.log import verify, walk
from app.runtime import runtime

group = AppGroup("audit", help="Check the audit log's chain; write it out.")


@group.command("verify")
def verify_chain() -> None:
    """Check that no audit event was altered, removed or added outside the program."""
    with runtime().database.session(reading=True) as session:
        checked, broken = verify(session)
    if broken is None:
        click.echo(f"The chain holds: {checked} events.")
        return
    where = f"event {broken.event_id}" if broken.event_id else "the log"
    click.echo(f"The chain is broken at {where}: {broken.reason}.", err=True)
    sys.exit(1)


@group.command("export")
def export() -> None:
    """Write every audit event as a JSON line to standard output, oldest first."""
    with runtime().database.session(reading=True) as session:
        for event in walk(session):
            click.echo(json_line(event))


def init_app(app: Flask) -> None:
    app.cli.add_command(group)
