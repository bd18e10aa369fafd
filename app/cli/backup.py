"""``backup`` and ``restore``: an install in one file, and back."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from flask import Flask
from flask.cli import with_appcontext

from app.backup import Manifest, Restore, differences, in_words, make, open_backup
from app.cannot import CANNOT, Cannot
from app.cli.opening import without_install
from app.runtime import runtime


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Copy database, keys and settings into FILE (mode 0600), while everything runs.

    Exit code 1: it was made, and its keys do not open everything in it.
    """
    _clean_up_when_told_to_stop()
    live = runtime()
    made = make(live, file, os.environ)
    _tell(made.removed)
    click.echo(f"{file} is made: {max(made.size // 1000, 1):,} kB.")
    click.echo(_contents(made.manifest))
    if live.config.key_provider == "env":
        click.echo("The keys are not inside: keep NOVANTRA_KEYS in your secret store.")
    elif made.manifest.keys_inside:
        click.echo("The keys are inside: whoever can read this file can read everything in it.")
    click.echo(f"Note this head elsewhere, for audit verify --head: {made.manifest.audit_head}")
    for warning in made.warnings:
        click.echo(warning, err=True)
    sys.exit(1 if made.warnings else 0)


@without_install
@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def restore(file: Path, yes: bool) -> None:
    """Put the backup FILE in place of what is here. Mail starts paused.

    The key is proven to belong to the data before anything is replaced, and what was here is kept.
    """
    _clean_up_when_told_to_stop()
    live = runtime()
    with ExitStack() as stack:
        ready = open_backup(live, file, stack)
        _tell(ready.removed)
        click.echo(f"{file}: {_contents(ready.manifest)}")
        click.echo(f"Its key ({ready.manifest.proof_key}) belongs to its data. {_opened(ready)}")
        for difference in differences(ready.manifest, os.environ):
            click.echo(f"Setting: {difference}.")
        click.echo(f"It replaces {ready.present}." if ready.present else "Nothing is here yet.")
        if not yes and not _agreed():
            raise Cannot("It was not confirmed. Nothing was changed.")
        kept = ready.carry_out()
    click.echo("Restored. Mail is paused.")
    for path in kept:
        click.echo(f"Kept from before: {path}")
    click.echo(
        "Start the server, look at System → Mail activity, cancel what must not go out again, and"
        " press Resume (or: novantra mailer resume). novantra doctor says how the install is."
    )


def _tell(removed: Iterable[Path]) -> None:
    for path in removed:
        click.echo(f"Removed what a process that was killed had left: {path}", err=True)


def _opened(ready: Restore) -> str:
    number = ready.manifest.sealed - ready.manifest.unopened
    if not ready.manifest.sealed:
        return "Nothing in it is sealed."
    return f"It opened {number} of {ready.manifest.sealed} sealed values when it was made."


def _agreed() -> bool:
    try:
        return click.confirm("Put it in place?")
    except click.Abort:  # nobody is there to answer
        click.echo()
        return False


def _contents(manifest: Manifest) -> str:
    return (
        f"Novantra {manifest.version} ({manifest.edition}), schema {manifest.revision},"
        f" {manifest.engine}, of {manifest.moment:%Y-%m-%d %H:%M:%S} UTC,"
        f" {manifest.access_url or 'setup not finished'}: {in_words(manifest.counts)}."
    )


def _clean_up_when_told_to_stop() -> None:
    """What lies beside goes as it does after an error."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(CANNOT)

    signal.signal(signal.SIGTERM, stop)


def init_app(app: Flask) -> None:
    app.cli.add_command(backup)
    app.cli.add_command(restore)
