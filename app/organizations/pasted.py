"""Reads a pasted list of addresses: which lines are one, which are none, which came before."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.mail.addresses import AddressError, key, normalise

INVALID, TWICE = "invalid", "twice"


@dataclass(frozen=True)
class Line:
    """One address as typed; ``problem`` says why it is none, or that it came before."""

    number: int
    typed: str
    address: str | None
    outcome: str | None = None
    problem: str | None = None


def parts_of(text: str) -> list[str]:
    """A pasted text's entries: one a line; commas, semicolons and NULs part them too."""
    return [part for part in re.split(r"[\r\n\0,;]+", text) if part.strip()]


def read_lines(text: str) -> list[Line]:
    """The addresses of a pasted text."""
    lines: list[Line] = []
    seen: dict[str, int] = {}
    for typed in parts_of(text):
        number = len(lines) + 1
        try:
            address = normalise(typed.strip())
        except AddressError as error:
            lines.append(Line(number, typed.strip(), None, INVALID, error.reason))
            continue
        first = seen.setdefault(key(address), number)
        if first != number:
            problem = f"The same address stands in line {first}."
            lines.append(Line(number, typed.strip(), address, TWICE, problem))
        else:
            lines.append(Line(number, typed.strip(), address))
    return lines
