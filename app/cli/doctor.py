"""``doctor``: everything an install needs, a line each with its cure."""

from __future__ import annotations

import json
import os
import sys
import textwrap

import click
from flask import Flask
from flask.cli import with_appcontext

from app.cli.opening import find_install, without_install
from app.doctor import Line, State, examine
from app.runtime import runtime
from app.version import VERSION

MARKS = {State.OK: "ok", State.TODO: "TO DO", State.NOTE: "note", State.UNSEEN: "-"}
WIDTH, INDENT = 110, 24


@without_install
@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@with_appcontext
def doctor(as_json: bool) -> None:
    """Look at everything an install needs: a line each, with its cure. Changes nothing.

    Exit code 0: well; 1: something to do; 2: there is nothing to look at.
    """
    live = runtime()
    find_install(live)
    found = examine(live, os.environ)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "version": VERSION,
                    "well": found.well,
                    "checks": [
                        {"name": one.name, "state": one.state, "text": one.text, "cure": one.cure}
                        for one in found.lines
                    ],
                },
                ensure_ascii=False,
            )
        )
    else:
        for line in found.lines:
            click.echo(_words(line))
        many = len(found.to_do)
        end = {0: "All is well.", 1: "1 thing to do."}.get(many, f"{many} things to do.")
        click.echo(f"\n{end}")
    sys.exit(0 if found.well else 1)


def _words(line: Line) -> str:
    head = f"{MARKS[line.state]:<7}{line.name:<{INDENT - 7}}"
    said = textwrap.fill(
        line.text,
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    if not line.cure:
        return said
    cure = textwrap.fill(
        line.cure,
        WIDTH,
        initial_indent=" " * INDENT + "→ ",
        subsequent_indent=" " * (INDENT + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{said}\n{cure}"


def init_app(app: Flask) -> None:
    app.cli.add_command(doctor)
