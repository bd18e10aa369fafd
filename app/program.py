"""``novantra …``: the commands of ``flask --app wsgi …``, and the server, under one name."""

from __future__ import annotations

import sys
from typing import Any

import click
from flask import Flask
from flask.cli import FlaskGroup

from app.cli.manual import SHELLS, completion, manual
from app.environment import known_names
from app.mailer import variables as _variables  # noqa: F401 - tells its names
from app.version import VERSION


def _load() -> Flask:
    """The application as servers and ``flask --app wsgi`` get it, with its one-sentence errors."""
    from wsgi import app

    return app


def _version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"Novantra {VERSION}")
        context.exit()


class Program(FlaskGroup):
    """``novantra worker`` is short for ``novantra mailer worker``, which service files start."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name == "worker":
            mailer = super().get_command(context, "mailer")
            assert isinstance(mailer, click.Group)
            return mailer.get_command(context, name)
        return super().get_command(context, name)

    def list_commands(self, context: click.Context) -> list[str]:
        found = {*super().list_commands(context), "worker"}
        return sorted(found - {"limiter"})  # an extension's own, for its developers

    def get_params(self, context: click.Context) -> list[click.Parameter]:
        """Flask's options choose another application and have no place here."""
        theirs = ("app", "debug", "env_file")
        return [one for one in super().get_params(context) if one.name not in theirs]


@click.group(
    cls=Program,
    create_app=_load,
    add_default_commands=False,
    add_version_option=False,
    load_dotenv=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Say which version this is.",
        )
    ],
)
def program(**_options: Any) -> None:
    """Novantra: its server, its deliveries and its commands."""


@program.command("serve")
def serve() -> None:
    """Prepare the install and serve it on NOVANTRA_BIND until SIGTERM."""
    from app import server

    sys.exit(server.main())


@program.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_of(shell: str) -> None:
    """Print what SHELL reads to complete the words of this program."""
    click.echo(completion(program, shell))


@program.command("man")
@click.pass_context
def man(context: click.Context) -> None:
    """Print the manual page, for /usr/local/share/man/man1/novantra.1."""
    assert context.parent is not None
    click.echo(manual(program, context.parent, sorted(known_names())), nl=False)


def main() -> None:
    """The entry point of the package."""
    program(prog_name="novantra")


if __name__ == "__main__":
    main()
