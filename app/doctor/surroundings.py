"""What the process was started with: its environment, its folder and the modes of its files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from app.config import Config
from app.database import Database
from app.doctor.line import Line, note, ok, todo
from app.environment import known_names, unknown_names
from app.files import folders, warnings
from app.mailer.declared import Declared
from app.workshop import left_behind


def environment(config: Config, environ: Mapping[str, str]) -> Iterator[Line]:
    """Variables that nobody reads, here or with the others as they are."""
    name, found = "Environment", False
    for sentence in unknown_names(environ):
        found = True
        yield todo(name, sentence, "Correct the name, or unset it.")
    for variable, why in _ignored(config, environ):
        found = True
        yield todo(name, f"{variable} is set and has no effect: {why}.", "Change one of the two.")
    if not found:
        number = sum(1 for known in known_names() if environ.get(known))
        many = {0: "No variable is", 1: "1 variable is"}.get(number, f"{number} variables are")
        edition = config.edition.capitalize()
        yield ok(name, f"{many} set, none with an unknown name. {edition} edition.")


def declared(found: Declared | None, outside: str | None) -> Iterator[Line]:
    """What the environment says about mail, beyond what keeps mail from being configured."""
    name = "Mail environment"
    if outside:
        yield todo(name, outside, "Start every process, and this command, with one environment.")
    if found is None:
        return
    if found.problem:
        yield todo(
            name,
            f"Mail is not configured. {found.problem}",
            "Correct it and restart; a file that a variable names is read again by itself.",
        )
    if found.stale:
        yield todo(name, found.stale, "Write the right text there; it is read again by itself.")
    unknown = {w for w in found.warnings if "knows no variable" in w}  # told with all the others
    odd = [warning for warning in found.warnings if warning not in unknown]
    for warning in odd:
        yield todo(name, warning, "Unset it.")
    for hint in found.hints:
        yield note(name, hint)
    if not (found.problem or found.stale or odd):
        given = ", ".join(each.variable for each in found.given.values())
        yield ok(name, f"Mail is set by {given}.")


def _ignored(config: Config, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if config.keys and config.key_provider == "file":
        yield "NOVANTRA_KEYS", "NOVANTRA_KEY_PROVIDER is file"
    if not config.is_cloud:
        for variable in ("NOVANTRA_MANAGED_MAIL_URL", "NOVANTRA_MANAGED_MAIL_SENDER"):
            if environ.get(variable):
                yield variable, "the Sovereign edition keeps its mail configuration itself"


def folder(config: Config, database: Database) -> Iterator[Line]:
    """The data folder and what lies in it, for the user that the service runs as.

    Root looks on behalf of whoever owns the folder.
    """
    name = "Data folder"
    try:
        owner = config.data_dir.stat().st_uid
    except FileNotFoundError:
        yield note(name, f"{config.data_dir} is not there yet.", "A server makes it at its start.")
        return
    me = os.geteuid()
    service = owner if me == 0 else me
    found = False
    for warning in warnings(config, database.file, service):
        found = True
        what, _, cure = warning.rpartition(": ")
        yield todo(name, f"{what}.", f"Run: {cure}")
    for left in (left for folder in folders(config, database.file) for left in left_behind(folder)):
        found = True
        yield todo(
            name,
            f"{left} is what a process that was killed had left: a copy of the database, or keys.",
            f"Run: rm -r {left} (or start the server, which removes it)",
        )
    if me != 0 and not os.access(config.data_dir, os.W_OK | os.X_OK):
        found = True
        yield todo(
            name,
            f"{config.data_dir} cannot be written by user {me}.",
            "Run this as the user of the service, or give that user the right to write there.",
        )
    if not found:
        yield ok(name, f"What lies in {config.data_dir} is for user {service} alone.")
