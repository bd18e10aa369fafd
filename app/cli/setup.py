"""``flask --app wsgi setup …``: getting back to the setup token."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from app.cannot import Cannot
from app.install.service import current
from app.install.setup_token import read_token
from app.runtime import runtime

setup = AppGroup("setup", help="The first-run wizard.", short_help="The first-run wizard.")


@setup.command("token")
def token() -> None:
    """Print the setup token while setup is open."""
    rt = runtime()
    if rt.config.is_cloud:
        raise Cannot(
            "The Cloud edition has no setup wizard: `users create-admin` makes the first"
            " administrator."
        )
    with rt.database.session(reading=True) as session:
        if current(session) is not None:
            raise Cannot(
                "Setup is finished, so there is no setup token any more. To get in without a"
                " password, use `users reset-link EMAIL` or `users create-admin`."
            )
    found = read_token(rt.config.setup_token_file)
    if found is None:
        raise Cannot(
            f"There is no setup token in {rt.config.setup_token_file}. NOVANTRA_DATA_DIR names"
            " another folder; the server makes a new token when it starts."
        )
    click.echo(found)


def init_app(app: Flask) -> None:
    app.cli.add_command(setup)
