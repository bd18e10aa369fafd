"""Stands around every command: finds the install or says where it looked, and never makes one.

Each command of ours is wrapped once, where the groups are added, so that none can forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import update_wrapper
from pathlib import Path
from typing import Any

import click
from flask.cli import ScriptInfo

from app.cannot import Cannot, one_sentence
from app.runtime import EXTENSION, Runtime
from app.schema import require_current

_WITHOUT_INSTALL = "novantra_without_install"


def without_install(command: click.Command) -> click.Command:
    """Mark a command that needs no database, no keys and no folder, or looks at them itself."""
    setattr(command, _WITHOUT_INSTALL, True)
    return command


class Wrapped:
    """A command's function with its surroundings."""

    def __init__(self, function: Callable[..., Any], *, opens: bool) -> None:
        self._function = function
        self._opens = opens
        update_wrapper(self, function)

    def __call__(self, *values: object, **options: object) -> Any:
        context = click.get_current_context()
        live = _runtime(context)
        with one_sentence(
            f"run “{named(context)}”",
            database_url=live.config.database_url,
            as_json=bool(context.params.get("as_json")),
        ):
            if self._opens:
                open_install(live)
            return self._function(*values, **options)


def wrap(command: click.Command) -> None:
    """Put the surroundings on a command, or on every command of a group."""
    for leaf in _leaves(command):
        if leaf.callback is not None and not isinstance(leaf.callback, Wrapped):
            leaf.callback = Wrapped(leaf.callback, opens=not hasattr(leaf, _WITHOUT_INSTALL))


def open_install(live: Runtime) -> None:
    """Look whether there is an install of this version. Raises :class:`~app.cannot.Cannot`."""
    find_install(live)
    require_current(live.database)


def find_install(live: Runtime) -> None:
    """Look whether there is anything at all. Raises :class:`~app.cannot.Cannot`."""
    file = live.database.file
    if file is not None and not _exists(file):
        raise Cannot(
            f"there is no install in {file.parent} (no {file.name}). Go to the folder that the"
            " server runs in, or name its data folder in NOVANTRA_DATA_DIR or its database in"
            " NOVANTRA_DATABASE_URL."
        )


def named(context: click.Context) -> str:
    """The command's words without the program's, as in “mailer status”."""
    words: list[str] = []
    at: click.Context | None = context
    while at is not None and at.parent is not None:
        words.insert(0, at.info_name or "")
        at = at.parent
    return " ".join(words)


def for_a_command() -> bool:
    """Whether the application is built for a command and not to serve pages."""
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name != "run"


def _exists(file: Path) -> bool:
    # Unlike Path.exists on newer Pythons, a folder that we may not enter is told as such.
    try:
        file.stat()
    except FileNotFoundError:
        return False
    return True


def _leaves(command: click.Command) -> Iterator[click.Command]:
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from _leaves(one)
    else:
        yield command


def _runtime(context: click.Context) -> Runtime:
    app = context.ensure_object(ScriptInfo).load_app()
    found = app.extensions[EXTENSION]
    assert isinstance(found, Runtime)
    return found
