"""``users create-admin``, ``users unlock`` and ``users reset-link``: break-glass, audited."""

from __future__ import annotations

import sys
from typing import NoReturn

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app.accounts import operator
from app.accounts.models import User
from app.accounts.operator import Made
from app.accounts.passwords import hash_password, weakness
from app.accounts.reset import LIFETIME
from app.accounts.users import find
from app.cannot import Cannot
from app.install.service import current
from app.mail.addresses import Address, AddressError
from app.plain_text import why_not_plain
from app.runtime import runtime
from app.web.times import exact

NAME_LENGTH = 64

group = AppGroup("users", help="Help people in who cannot get in by themselves.")


@group.command("create-admin")
@click.option("--email", required=True, help="The address they sign in with.")
@click.option("--name", required=True, help="How others see them.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, one line."
)
def create_admin(email: str, name: str, password_stdin: bool) -> None:
    """Make an install administrator who can work at once, or promote an existing person.

    An existing person gets the password typed here. Works without mail.
    """
    install, name = runtime(), " ".join(name.split())
    try:
        address = Address.parse(email)
    except AddressError as error:
        _fail(f"{error} Nothing was changed.")
    if not name or len(name) > NAME_LENGTH or why_not_plain(name):
        _fail(f"A name has 1 to {NAME_LENGTH} characters that can be read. Nothing was changed.")
    with install.database.session(reading=True) as reading:
        if current(reading) is None and not install.config.is_cloud:
            _fail(
                "Setup has not finished: it makes the first administrator. Open the install in a"
                " browser; “setup token” prints the token it asks for."
            )
    password = _password(password_stdin)
    reason = weakness(password, email=address.text, name=name)
    if reason:
        _fail(f"{reason} Nothing was changed.")
    hashed = hash_password(password)
    with install.database.transaction() as session:
        made = operator.make_administrator(
            session, address=address, name=name, password_hash=hashed, now=install.now()
        )
    if made is Made.CREATED:
        click.echo(f"{address} is an install administrator and can sign in now.")
    else:
        click.echo(
            f"{address} had an account: it is an install administrator's now, with the password"
            " you typed. Its sessions have ended."
        )


@group.command("unlock")
@click.argument("email")
def unlock(email: str) -> None:
    """Lift the lock after failed sign-ins at once."""
    install = runtime()
    with install.database.transaction() as session:
        user = _known(session, email)
        lifted = operator.unlock(session, user=user, now=install.now())
    if lifted:
        click.echo(f"The lock of {user.email} is lifted.")
    else:
        click.echo(f"{user.email} was not locked. Earlier failures are forgotten.")


@group.command("reset-link")
@click.argument("email")
def reset_link(email: str) -> None:
    """Print a link with which that person chooses a new password. Works without mail."""
    install = runtime()
    now = install.now()
    try:
        with install.database.transaction() as session:
            user = _known(session, email)
            link = operator.reset_link(session, install, user=user, now=now)
    except LookupError:
        _fail("Setup has not finished, so there is no access URL to build a link from.")
    click.echo(link)
    click.echo(
        f"It works once, until {exact(now + LIFETIME)}. Hand it to {user.email} and to nobody else:"
        " whoever opens it can choose the password. Earlier links no longer work.",
        err=True,
    )


def _known(session: Session, email: str) -> User:
    user = find(session, Address.as_typed(email))
    if user is None:
        _fail(f"Nobody has the address {email}.")
    return user


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _fail(why: str) -> NoReturn:
    raise Cannot(why)


def init_app(app: Flask) -> None:
    app.cli.add_command(group)
