"""What is rendered once for mails that differ in nothing but what stands in their blanks.

Addresses, links and codes are printed by a template and never looked into, so that a **form** can
be rendered with a blank in the place of each, and filled for every mail. A blank is as long as what
will stand there, in signs that occur in nothing else, so lines break where they would have broken
without it; and it holds nothing of what will stand there, so a form may be kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import escape

_FIRST = 0xE000
"""Signs for private use: :func:`app.mail.compose.clean_name` leaves none of them in what somebody
typed."""


class Blank:
    """Can be printed. Whatever else a template does with it is an error: it would be done once, and
    not for every mail."""

    __slots__ = ("_text",)

    def __init__(self, number: int, length: int) -> None:
        self._text = chr(_FIRST + number) * length

    def __str__(self) -> str:
        return self._text

    __html__ = __str__

    def __bool__(self) -> bool:
        raise TypeError("what stands in a blank is not known")

    def __eq__(self, _other: object) -> bool:
        raise TypeError("what stands in a blank is not known")

    def __hash__(self) -> int:
        raise TypeError("what stands in a blank is not known")


Blanks = tuple[tuple[str, int], ...]
"""The names of what will stand in a form, each with its length."""


def blanks_for(printed: Mapping[str, str]) -> Blanks:
    return tuple((name, len(value)) for name, value in printed.items())


def marks(blanks: Blanks) -> dict[str, Blank]:
    """What to render a form with, under the names of what will stand there."""
    return {name: Blank(number, length) for number, (name, length) in enumerate(blanks)}


@dataclass(frozen=True)
class Form:
    """A text in pieces: every other one is the name of what stands there."""

    pieces: tuple[str, ...]
    markup: bool = False

    @classmethod
    def of(cls, text: str, blanks: Blanks, *, markup: bool = False) -> Form:
        """The form of a text that was rendered with :func:`marks`."""
        pieces: Sequence[str] = (text,)
        if blanks:
            either = "|".join(f"{mark}{{{length}}}" for mark, length in _marked(blanks))
            pieces = re.split(f"({either})", text)
        names = {
            mark * length: name
            for (name, length), (mark, _) in zip(blanks, _marked(blanks), strict=True)
        }
        return cls(tuple(names.get(piece, piece) for piece in pieces), markup)

    def filled(self, printed: Mapping[str, str]) -> str:
        values: Mapping[str, str] = printed
        if self.markup:
            values = {name: escape(value) for name, value in printed.items()}
        pieces = list(self.pieces)
        pieces[1::2] = [values[name] for name in pieces[1::2]]
        return "".join(pieces)


def _marked(blanks: Blanks) -> list[tuple[str, int]]:
    return [(chr(_FIRST + number), length) for number, (_, length) in enumerate(blanks)]
