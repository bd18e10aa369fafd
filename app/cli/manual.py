"""The manual page and the shells' completion, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.shell_completion import get_completion_class

from app.version import VERSION

SHELLS = ("bash", "zsh", "fish")

_EXIT = (
    ("0", "Well."),
    ("1", "What was asked about is not well."),
    ("2", "The command could not do its work; one sentence on standard error says why."),
    ("3", "Only mailer status: mail is not set up."),
)
_FILES = (
    ("instance/", "The data folder, unless NOVANTRA_DATA_DIR names another one."),
    ("instance/novantra.db", "The database, unless NOVANTRA_DATABASE_URL names another one."),
    ("instance/keys", "The keys that open what is sealed. Back them up."),
    ("instance/audit-head", "A note of the newest audit event."),
)


def completion(program: click.Group, shell: str) -> str:
    """What that shell reads to complete ``novantra``'s words."""
    made = get_completion_class(shell)
    assert made is not None
    return made(program, {}, "novantra", "_NOVANTRA_COMPLETE").source()


def manual(program: click.Group, context: click.Context, names: list[str]) -> str:
    """``novantra(1)`` in the language of :manpage:`man(7)`. ``names`` are of variables."""
    lines = [
        f'.TH NOVANTRA 1 "" "Novantra {VERSION}" "Novantra"',
        ".SH NAME",
        "novantra \\- the server of Novantra, its deliveries and its commands",
        ".SH SYNOPSIS",
        ".B novantra",
        ".I command",
        "[options]",
        ".SH DESCRIPTION",
        _escaped(
            "Every command works on the install whose data folder and database the environment"
            " names; commands never make one. The server is novantra serve."
        ),
        ".SH COMMANDS",
    ]
    for words, command in _commands(program, context, "novantra"):
        lines += _about(words, command, context)
    lines.append(".SH ENVIRONMENT")
    lines.append("The guide for those who run Novantra themselves says what each of them means.")
    for name in names:
        lines += [".TP", f".B {_escaped(name)}", "\\&"]
    lines += _listed("EXIT STATUS", _EXIT)
    lines += _listed("FILES", _FILES)
    return "\n".join(lines) + "\n"


def _commands(
    group: click.Group, context: click.Context, words: str
) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        if isinstance(command, click.Group):
            yield from _commands(command, context, f"{words} {name}")
        else:
            yield f"{words} {name}", command


def _about(words: str, command: click.Command, context: click.Context) -> Iterator[str]:
    own = click.Context(command, info_name=words.rpartition(" ")[2], parent=context)
    usage = " ".join(piece for piece in command.collect_usage_pieces(own) if piece != "[OPTIONS]")
    yield f".SS {_escaped(words)} {_escaped(usage)}".rstrip()
    yield from _paragraphs(command.help or command.short_help or "")
    for parameter in command.get_params(own):
        record = parameter.get_help_record(own)
        if record is not None and record[1] and "--help" not in record[0]:
            yield from (".TP", f".B {_escaped(record[0])}", _escaped(record[1]))


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.replace("\b", "").split("\n\n")):
        if number:
            yield ".PP"
        yield _escaped(" ".join(paragraph.split()))


def _listed(title: str, pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield f".SH {title}"
    for term, text in pairs:
        yield from (".TP", f".B {_escaped(term)}", _escaped(text))


def _escaped(text: str) -> str:
    """A backslash, a hyphen that is typed, a point at a line's beginning: all as they are."""
    found = text.replace("\\", "\\e").replace("-", "\\-").replace("→", "\\(->")
    return f"\\&{found}" if found.startswith((".", "'")) else found
