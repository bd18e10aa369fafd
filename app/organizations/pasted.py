"""Reads a pasted list of addresses the way mail programs, tables and people write one.

``Bob Example <bob@x.test>; "Carol, X" <carol@x.test>``, a column of a table, ``mailto:`` links,
one a line or all in a row: whatever holds an @ is an address, and what is none is named with its
line. Nothing that stands in the text is passed over in silence but names beside an address in
angle brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from app.mail.addresses import Address, AddressError

INVALID, TWICE = "invalid", "twice"

# What stays together on a line: a quoted name, an address in brackets, a remark in parentheses,
# anything else up to a separator. The lengths bound what a text full of open quotes can cost.
_PIECE = re.compile(
    r'"(?:[^"\\]|\\.){0,100}"|<[^<>]{0,400}>|\([^()]{0,200}\)|[,;\t\0]|[^",;\t\0<(]+|.', re.DOTALL
)
_SEPARATORS = frozenset(",;\t\0")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,100}"')
_BRACKETS = re.compile(rf"{_QUOTED.pattern}|<(?P<address>[^<>]{{0,400}})>", re.DOTALL)
_REMARK = re.compile(r"\([^()]{0,200}\)")
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
# Programs that show an address in a card or a table copy these along; nobody sees them.
_UNSEEN = "\ufeff\u200b\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_LISTED = 5


@dataclass(frozen=True)
class Entry:
    """Something that is meant to be one address; ``number`` is its line, from 1."""

    number: int
    typed: str


@dataclass(frozen=True)
class Line:
    """One address as typed; ``problem`` says why it is none, or where it came before."""

    number: int
    typed: str
    address: Address | None
    outcome: str | None = None
    problem: str | None = None

    @property
    def stored(self) -> str:
        """The address in its one form; as typed, what is none."""
        return self.address.text if self.address else self.typed


def entries_of(text: str) -> list[Entry]:
    """What a pasted text holds, before anybody looks whether it is an address: cheap to count."""
    return [
        Entry(number, typed)
        for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1)
        for typed in _entries(line)
    ]


def read_lines(text: str) -> list[Line]:
    """The addresses of a pasted text in their order.

    An address that comes again is told once, with the lines it stands in.
    """
    lines: list[Line] = []
    first: dict[str, int] = {}
    again: dict[str, tuple[int, list[int]]] = {}
    for entry in entries_of(text):
        try:
            address = Address.parse(entry.typed)
        except AddressError as error:
            lines.append(Line(entry.number, entry.typed, None, INVALID, error.reason))
            continue
        found = address.key
        if found not in first:
            first[found] = entry.number
            lines.append(Line(entry.number, entry.typed, address))
        elif found not in again:
            again[found] = len(lines), []
            lines.append(Line(entry.number, entry.typed, address, TWICE))
        else:
            again[found][1].append(entry.number)
    for found, (place, further) in again.items():
        lines[place] = replace(lines[place], problem=_repeated(first[found], further))
    return lines


def _repeated(first: int, further: list[int]) -> str:
    sentence = f"The same address stands in line {first}"
    if not further:
        return f"{sentence}."
    more = [f"line {number}" for number in further[:_LISTED]]
    if len(further) > _LISTED:
        more.append(f"{len(further) - _LISTED:,} more times")
    listed = more[0] if len(more) == 1 else f"{', '.join(more[:-1])} and {more[-1]}"
    return f"{sentence}, and again in {listed}."


def _entries(line: str) -> Iterator[str]:
    """The entries of one line."""
    waiting: list[str] = []
    for part, separator in _parts(line):
        if separator == "," and "@" not in part and "<" not in part:
            # "Example, Bob <bob@x.test>": the comma may belong to a name that nobody quoted.
            waiting.append(part)
            continue
        if not any(found["address"] for found in _BRACKETS.finditer(part)):
            yield from waiting
        waiting.clear()
        yield from _addresses(part)
    yield from waiting


def _parts(line: str) -> Iterator[tuple[str, str]]:
    """What stands between separators, each with the separator behind it."""
    part = ""
    for piece in _PIECE.findall(line):
        if piece not in _SEPARATORS:
            part += piece
            continue
        if _stripped(part):
            yield _stripped(part), piece
        part = ""
    if _stripped(part):
        yield _stripped(part), ""


def _addresses(part: str) -> Iterator[str]:
    """``Bob <bob@x.test> carol@x.test`` holds two; a name before brackets is not one of them."""
    end = 0
    for found in _BRACKETS.finditer(part):
        if found["address"] is None:  # a quoted name
            continue
        address = _bare(found["address"])
        for word in _QUOTED.sub(" ", part[end : found.start()]).split():
            # Some programs write the address as the name too.
            if "@" in word and _bare(word).lower() != address.lower():
                yield _bare(word)
        yield address or part
        end = found.end()
    rest = _stripped(_REMARK.sub(" ", part[end:]))
    if "@" not in rest:
        if rest and not end:
            yield rest
        return
    words: list[str] = []
    for word in filter(_stripped, rest.split()):
        if "@" not in word:
            words.append(word)
            continue
        if words:
            yield " ".join(words)
        words = []
        yield _bare(word)
    if words:
        yield " ".join(words)


def _bare(typed: str) -> str:
    """The address out of quotes or a ``mailto:`` link, without what cannot be seen."""
    typed = _stripped(typed)
    if len(typed) > 1 and typed[0] == typed[-1] and typed[0] in "\"'":
        typed = typed[1:-1]
    if _MAILTO.match(typed):
        return unquote(typed[len("mailto:") :].partition("?")[0])
    return typed


def _stripped(text: str) -> str:
    text = text.strip().strip(_UNSEEN).strip()
    return text if any(character.isalnum() or character in "@<" for character in text) else ""
