"""``mailer export`` and ``mailer apply``: the configuration as a block of variables, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TextIO, cast

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from app.cannot import Cannot
from app.config import MAIL_PREFIX
from app.crypto.secret import Secret
from app.mailer import block
from app.mailer.client_key import why_paste
from app.mailer.configuration import (
    PasswordNeeded,
    Saved,
    save,
    settings_of,
    stored,
    why_type_again,
)
from app.mailer.declared import Declared, DeclaredMail
from app.mailer.forms import FORMS
from app.mailer.forms.declaring import field_names, interpret
from app.mailer.in_force import declared_now, elsewhere, in_force
from app.mailer.models import MailerConfiguration
from app.mailer.settings import (
    CLIENT_KEY,
    FIELDS,
    LABELS,
    SECRETS,
    SENDER_FIELDS,
    PasswordChange,
    Settings,
)
from app.mailer.snapshots import Way
from app.mailer.trusting import in_words
from app.mailer.variables import FIELD_OF, NAMES, nearest
from app.runtime import Runtime, runtime
from app.watched_files import WatchedFiles
from app.web.context import Actor

ACTOR = Actor(None, "command", None)
NOT_WELL = 1


@click.command("export")
@with_appcontext
def export() -> None:
    """Print the configuration in force as environment variables, without its secrets.

    Exit code 1 while there is none.
    """
    with runtime().database.session(reading=True) as session:
        row = in_force(session, runtime())
        if row is None:
            declared = declared_now(session, runtime())
            why = declared.problem if declared else None
            click.echo(why or "Mail is not set up: there is nothing to export.", err=True)
            sys.exit(NOT_WELL)
        settings = settings_of(row)
        fields = field_names(FORMS[row.provider])
        click.echo(block.written(settings, row, fields), nl=False)


@click.command("apply")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--dry-run", is_flag=True, help="Show the difference and save nothing.")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the one secret of the login method from standard input, one line.",
)
@with_appcontext
def apply(file: TextIO, dry_run: bool, password_stdin: bool) -> None:
    """Save the configuration that FILE describes, written as mailer export writes it.

    What FILE does not say takes its default, as in an environment; a sender that it does not name
    stays. A secret that is not given is kept while the destination stays the same.
    """
    live = runtime()
    variables = _variables(_text_of(file))
    with live.database.transaction() as session:
        row = stored(session)
        _refuse_owned(session, live, variables)
        if password_stdin:
            variables = _with_secret(variables)
        found = _declared(live, row, variables)
        planned = _planned(row, found)
        refusal = _refusal(row, planned)
        for line in _difference(row, planned):
            click.echo(line)
        if refusal:
            raise Cannot(refusal)
        if dry_run:
            click.echo("Nothing was saved: this was a dry run.")
            return
        done = _save(session, live, row, planned)
        outside = elsewhere(session, live)
    live.wake_worker()
    click.echo(_told(done))
    if outside:
        click.echo(f"Not in force yet. {outside}", err=True)


@dataclass(frozen=True)
class _Planned:
    settings: Settings
    password: PasswordChange
    client_key: PasswordChange
    remarks: tuple[str, ...]


def _text_of(file: TextIO) -> str:
    try:
        return file.read()
    except UnicodeDecodeError:
        raise Cannot("the file is not UTF-8 text.") from None


def _variables(text: str) -> dict[str, str]:
    try:
        variables, others = block.read(text)
    except block.BlockRefused as refused:
        raise Cannot(str(refused)) from None
    for name in variables:
        if name not in FIELD_OF:
            meant = nearest(name)
            hint = f" Did you mean {meant}?" if meant else ""
            raise Cannot(f"{name} is no variable of mail.{hint}")
    if not any(variables.values()):
        raise Cannot(f"the file says nothing about mail: no {MAIL_PREFIX}… has a value.")
    secret = [name for name in SECRETS if block.is_a_mask(variables.get(NAMES[name], ""))]
    if secret:
        raise Cannot(
            f"{NAMES[secret[0]]} holds a placeholder and no secret. Leave the line out to keep what"
            " is stored."
        )
    if others:
        many = "1 other variable is" if others == 1 else f"{others} other variables are"
        click.echo(f"{many} not about mail and left alone.", err=True)
    return variables


def _refuse_owned(session: Session, live: Runtime, variables: dict[str, str]) -> None:
    owner = declared_now(session, live)
    if owner is None:
        return
    for name in variables:
        if owner.owns(FIELD_OF[name]):
            given = ", ".join(each.variable for each in owner.given.values())
            raise Cannot(
                f"the environment of this install decides about {name}: it sets {given}. Change it"
                " there."
            )


def _declared(
    live: Runtime, row: MailerConfiguration | None, variables: dict[str, str]
) -> Declared:
    config = replace(
        live.config,
        mail={name: Secret(value) for name, value in variables.items()},
        managed_mail_url=Secret(""),
    )
    reader = DeclaredMail(config, WatchedFiles(), partial(interpret, kept=row), live.now())
    sender = (row.sender_address, row.sender_name) if row is not None else ("", "")
    found = reader.look(sender)
    assert found is not None
    if found.problem is not None:
        raise Cannot(found.problem)
    if not found.owns_destination and row is None:
        raise Cannot("the file names a sender alone, and no destination is stored that it is for.")
    return found


def _with_secret(variables: dict[str, str]) -> dict[str, str]:
    """The variables, with what standard input has for the secret that the login method needs."""
    text = sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise Cannot("there is no line on standard input that would be the secret.")
    values = {FIELD_OF[n]: value for n, value in variables.items() if value and n in NAMES.values()}
    if not set(values) - set(SENDER_FIELDS):
        raise Cannot("the file names no destination that the secret would be for.")
    name = interpret(values).settings.secret_field
    if name is None:
        raise Cannot("this login method has no secret that could be typed.")
    return variables | {NAMES[name]: text}


def _planned(row: MailerConfiguration | None, found: Declared) -> _Planned:
    before = settings_of(row) if row is not None else None
    assert found.settings is not None
    settings = found.settings
    if not found.owns_destination:
        assert before is not None
        settings = replace(before, **found.values)
    typed = found.secrets.get(settings.secret_field or "")
    return _Planned(
        settings,
        PasswordChange(typed),
        PasswordChange(found.secrets.get(CLIENT_KEY)),
        (*found.warnings, *found.hints),
    )


def _refusal(row: MailerConfiguration | None, planned: _Planned) -> str | None:
    before = settings_of(row) if row is not None else None
    has_secret = row is not None and row.password_sealed is not None
    again = why_type_again(before, has_secret, planned.settings, planned.password)
    name = planned.settings.secret_field
    if again is not None and name is not None:
        return f"{again} Give it as {NAMES[name]}_FILE in the file, or with --password-stdin."
    return again or why_paste(row, planned.settings, planned.client_key)


def _difference(row: MailerConfiguration | None, planned: _Planned) -> Iterator[str]:
    before = settings_of(row) if row is not None else None
    for name in FIELDS:
        old, new = getattr(before, name, None), getattr(planned.settings, name)
        if old != new and not (before is None and new in {None, ""}):
            yield f"{LABELS[name]}: {_shown(name, old)} → {_shown(name, new)}"
    for name, change in (
        (planned.settings.secret_field or "password", planned.password),
        (CLIENT_KEY, planned.client_key),
    ):
        if change.typed is not None:
            yield f"{SECRETS[name]}: given anew, not shown"
    for remark in planned.remarks:
        yield f"Note: {remark}"


def _shown(name: str, value: object) -> str:
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(in_words(name, value))


def _save(
    session: Session, live: Runtime, row: MailerConfiguration | None, planned: _Planned
) -> Saved:
    try:
        done = save(
            session,
            live.box,
            settings=planned.settings,
            password=planned.password,
            client_key=planned.client_key,
            version=row.version if row is not None else 0,
            now=live.now(),
            actor=ACTOR,
            way=Way.COMMAND,
        )
    except PasswordNeeded as needed:
        raise Cannot(str(needed)) from None
    if done.delivers_first:
        for mail in live.once_mail_delivers:
            mail(session, live)
    return done


def _told(done: Saved) -> str:
    if not done.changed:
        return "Nothing to save: this is the configuration already."
    told = "Saved."
    if done.new_certificate:
        told += " Its key was made: download the certificate on the mailer page and upload it."
    if done.resumed:
        told += " Sending has resumed."
    elif done.still_paused:
        told += " Mail stays paused until somebody resumes it."
    return told


def init_app(app: Flask) -> None:
    """Add both to the ``mailer`` group."""
    group = cast(click.Group, app.cli.commands["mailer"])
    group.add_command(export)
    group.add_command(apply)
