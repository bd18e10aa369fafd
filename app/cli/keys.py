"""``keys doctor``, ``keys rotate`` and ``keys forget-lost``."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from app.audit.log import record
from app.cannot import Cannot
from app.crypto.keys import new_key, replace_key_file, write_key_file
from app.forgetting import forget, lost_values
from app.resealing import examine, keys_in_use, reseal
from app.runtime import runtime
from app.sealing import counted
from app.web.context import Actor

group = AppGroup("keys", help="Look after the keys that encrypt what is stored.")


@group.command("doctor")
def doctor() -> None:
    """Name what cannot be decrypted; exit 1 if there is anything."""
    install = runtime()
    ring = install.box.ring
    if ring.problem:
        click.echo(ring.problem, err=True)
    with install.database.session(reading=True) as session:
        total, broken = examine(session, install.box)
    for finding in broken:
        click.echo(f"cannot be decrypted: {finding}", err=True)
    if broken or ring.problem:
        click.echo(
            f"{len(broken)} of {counted(total)} cannot be decrypted. Bring back the key they"
            " were sealed with (a backup of the key file, or the old NOVANTRA_KEYS), or enter the"
            " values again.",
            err=True,
        )
        sys.exit(1)
    ids = ", ".join(key.id for key in ring.keys)
    click.echo(f"{_all(total)}. Keys, newest first: {ids}.")


@group.command("rotate")
def rotate() -> None:
    """Encrypt everything anew. Can be interrupted and run again at any time.

    With the key file, a new key is made first unless an earlier run left values under an older
    one. With NOVANTRA_KEYS, put the new key in front of the list, restart, then run this.
    """
    install = runtime()
    assert install.box.ring.newest  # raises with the reason when there is none
    from_file = install.config.key_provider == "file"
    with install.database.session(reading=True) as session:
        needed = keys_in_use(session)
    if from_file and needed <= {install.box.ring.newest.id}:
        write_key_file(install.config.key_file, [new_key(), *install.box.ring.keys])
    moved, broken = reseal(install.database, install.box)
    for finding in broken:
        click.echo(f"left as it is, cannot be decrypted: {finding}", err=True)
    newest = install.box.ring.newest.id
    with install.database.transaction() as session:
        record(
            session,
            now=install.now(),
            actor=Actor(None, "shell", None),
            tag="keys:rotated",
            target=newest,
            changes={"values": {"old": None, "new": moved}},
        )
    click.echo(f"{counted(moved)} moved to key {newest}.")
    if broken:
        sys.exit(1)
    if from_file:
        # The one before stays: a running process may have sealed under it a moment ago.
        write_key_file(install.config.key_file, install.box.ring.keys[:2])
        click.echo("Back up the key file now. The previous key is dropped by the next rotation.")
    else:
        click.echo("Once every process runs with the new key, take the older ones out of the list.")


@group.command("forget-lost")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_lost(yes: bool) -> None:
    """Go on without a key that is gone for good. What it sealed is named first, then let go.

    A new key is made when the install has none. Look for a backup of the old one before.
    """
    install = runtime()
    with install.database.session(reading=True) as session:
        lost = lost_values(session, install.box)
    usable = install.box.ring.usable
    if not usable and install.config.key_provider == "env":
        raise Cannot(
            f"{install.box.ring.problem} Put a new key into NOVANTRA_KEYS and restart every"
            " process, then run this again."
        )
    if usable and not lost:
        click.echo("Nothing is lost: every sealed value names a key that is there.")
        return
    if install.box.ring.problem:
        click.echo(install.box.ring.problem)
    click.echo("Without the lost key nobody can ever open:" if lost else "Nothing is sealed.")
    for one in lost:
        click.echo(f"  {one}")
    if not usable:
        click.echo("A new key is made. Everybody has to sign in again.")
    if not yes and not click.confirm("Let go of it for good?"):
        raise Cannot("It was not confirmed. Nothing was changed.")
    if not usable:
        replace_key_file(install.config.key_file)
    with install.database.transaction() as session:
        forget(
            session,
            lost_values(session, install.box),
            now=install.now(),
            actor=Actor(None, "shell", None),
            key=install.box.ring.newest.id,
        )
    keep = "Back up the key file" if install.config.key_provider == "file" else "Keep NOVANTRA_KEYS"
    click.echo(f"Done. {keep} now, then open System → Mailer: it says what to type.")


def _all(total: int) -> str:
    return {0: "Nothing is sealed", 1: "The 1 sealed value opens"}.get(
        total, f"All {counted(total)} open"
    )


def init_app(app: Flask) -> None:
    app.cli.add_command(group)
