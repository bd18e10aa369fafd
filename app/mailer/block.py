"""A mail configuration as a block of variables, ``NAME=value`` a line: written without its secrets,
and read again.

The format is what ``docker compose``, systemd and a shell have in common: ``#`` begins a comment on
a line of its own, a value in double quotes may go over several lines, and in it a backslash stands
before a quote, a backslash, ``$`` and a backtick.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.config import MAIL_PREFIX
from app.mailer.models import MailerConfiguration
from app.mailer.providers import provider_of
from app.mailer.settings import CLIENT_KEY, FIELDS, Settings
from app.mailer.variables import FILE_NAMES, NAMES

HEAD = "# The mail configuration of Novantra. It holds no secrets."
PLACEHOLDER = (
    "# Not written here. To let the environment decide, write it to a file and name that:\n"
    "# {variable}=/run/secrets/{file}"
)
PERSON = "# Somebody signs in on the mailer page: a consent cannot be declared, and stays stored."
MADE = (
    "# The key of the certificate was made by Novantra and stays there. An environment cannot have"
    " it:\n# declare a client secret instead."
)
_PLAIN = re.compile(r"[A-Za-z0-9@%+=:,./_-][A-Za-z0-9@%+=:,./_ -]*")
_NAME = re.compile(r"(?:export )?([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_MASK = re.compile(r"[*•●…]{3,}|<[^<>]*>|\[?(?:hidden|redacted|not shown)\]?", re.IGNORECASE)


class BlockRefused(ValueError):
    """The text is no such block. The message is for people and shows no value."""


def written(settings: Settings, row: MailerConfiguration, fields: frozenset[str]) -> str:
    """The block of these settings.

    :param fields: those that the provider's form has
    """
    return "\n".join([HEAD, *_lines(settings, row, fields)]) + "\n"


def _lines(settings: Settings, row: MailerConfiguration, fields: frozenset[str]) -> Iterator[str]:
    for name in FIELDS:
        value = getattr(settings, name)
        if value is None or value == "" or name not in fields | {"provider"}:
            continue
        text = ("on" if value else "off") if isinstance(value, bool) else str(value)
        yield f"{NAMES[name]}={_quoted(text)}"
    secret = settings.secret_field
    if settings.makes_certificate:
        yield MADE
    elif settings.waits_for_person:
        yield PERSON
    if secret is not None and row.password_sealed and provider_of(settings).uses_network:
        yield _placeholder(secret)
    if settings.client_certificate:
        yield _placeholder(CLIENT_KEY)


def _placeholder(name: str) -> str:
    return PLACEHOLDER.format(variable=FILE_NAMES[name], file=f"novantra_mail_{name}")


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text == text.strip():
        return text
    return '"' + re.sub(r'(["\\$`])', r"\\\1", text) + '"'


def read(text: str) -> tuple[dict[str, str], int]:
    """The variables about mail in a block, and how many others it has.

    :raises BlockRefused: a line is none of a block, or a name stands there twice
    """
    found: dict[str, str] = {}
    others = 0
    for number, line in _statements(text):
        matched = _NAME.fullmatch(line)
        if matched is None:
            raise BlockRefused(f"Line {number} is not written as NAME=value.")
        name, value = matched[1], _unquoted(matched[2], number)
        if not name.startswith(MAIL_PREFIX):
            others += 1
        elif name in found:
            raise BlockRefused(f"{name} stands there twice.")
        else:
            found[name] = value
    return found, others


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; what is in quotes may go over several."""
    begun = 0
    parts: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not parts:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            begun = number
        parts.append(line if parts else line.strip())
        whole = "\n".join(parts)
        if _is_open(whole.partition("=")[2]):
            continue
        yield begun, whole
        parts.clear()
    if parts:
        raise BlockRefused(f"The quotes that begin in line {begun} do not end.")


def _is_open(value: str) -> bool:
    if not value.startswith('"'):
        return False
    return re.fullmatch(r'"(?:[^"\\]|\\.)*"\s*', value, re.DOTALL) is None


def _unquoted(value: str, number: int) -> str:
    value = value.strip() if value[:1] in {'"', "'"} else value.rstrip()
    if value.startswith('"'):
        return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
    if value.startswith("'"):
        if len(value) < 2 or not value.endswith("'"):
            raise BlockRefused(f"The quotes in line {number} do not end.")
        return value[1:-1]
    return value


def is_a_mask(text: str) -> bool:
    """Whether a secret is what somebody shows in place of one."""
    return _MASK.fullmatch(text.strip()) is not None
