"""``audit verify`` and ``audit export``."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from app.audit.chain import Head
from app.audit.export import json_line
from app.audit.log import walk
from app.audit.sentences import details, headline
from app.audit.verify import ChainStatus, verify
from app.runtime import runtime

EXIT = {ChainStatus.HOLDS: 0, ChainStatus.BROKEN: 1, ChainStatus.UNKNOWN: 2}

group = AppGroup("audit", help="Check the audit log's chain; write it out.")


def _head(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Head | None:
    if text is None:
        return None
    try:
        return Head.parse(text)
    except ValueError as problem:
        raise click.BadParameter(f"{problem}; audit verify prints it as ID:DIGEST.") from None


@group.command("verify")
@click.option(
    "--head",
    metavar="ID:DIGEST",
    callback=_head,
    help="Also check that the chain still contains this head, noted earlier.",
)
def verify_chain(head: Head | None) -> None:
    """Check that no audit event was altered, removed or added outside the program.

    Prints the head to note: kept where the database's writers cannot reach it, it shows later
    that nothing was taken away or rewritten. Exits 1 if the chain is broken, 2 if a key that signed
    it is missing.
    """
    with runtime().database.session(reading=True) as session:
        report = verify(session, head=head)
    well = report.status is ChainStatus.HOLDS
    click.echo(headline(report), err=not well)
    for sentence in details(report):
        click.echo(sentence, err=not well)
    if not well:
        sys.exit(EXIT[report.status])
    click.echo(f"Head to note: {report.head}")


@group.command("export")
def export() -> None:
    """Write every audit event as a JSON line to standard output, oldest first."""
    with runtime().database.session(reading=True) as session:
        for event in walk(session):
            click.echo(json_line(event))


def init_app(app: Flask) -> None:
    app.cli.add_command(group)
