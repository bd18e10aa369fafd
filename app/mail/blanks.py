"""What is rendered once for mails that differ in nothing but what stands in their blanks.

Addresses, links, codes and moments are printed by a template and never looked into, so that a
**form** can be rendered with a blank in the place of each, and filled for every mail. A blank is,
word by word, as long as what will stand there, in signs that occur in nothing else, so lines break
where they would have broken without it; and it holds nothing of what will stand there, so a form
may be kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import escape

_FIRST = 0xE000
"""Signs for private use: :func:`app.mail.compose.clean_name` leaves none of them in what somebody
typed."""


class Blank:
    """Can be printed. Whatever else a template does with it is an error: it would be done once, and
    not for every mail."""

    __slots__ = ("_text",)

    def __init__(self, words: Sequence[str]) -> None:
        self._text = " ".join(words)

    def __str__(self) -> str:
        return self._text

    __html__ = __str__

    def __bool__(self) -> bool:
        raise TypeError("what stands in a blank is not known")

    def __eq__(self, _other: object) -> bool:
        raise TypeError("what stands in a blank is not known")

    def __hash__(self) -> int:
        raise TypeError("what stands in a blank is not known")


Blanks = tuple[tuple[str, tuple[int, ...]], ...]
"""The names of what will stand in a form, each with the lengths of its words."""

Words = Mapping[str, Sequence[str]]
"""What stands in the blanks of one mail, by its name and word by word."""


def blanks_for(printed: Words) -> Blanks:
    return tuple((name, tuple(map(len, words))) for name, words in printed.items())


def marks(blanks: Blanks) -> dict[str, Blank]:
    """What to render a form with, under the names of what will stand there."""
    return {name: Blank(words) for name, words in marking(blanks).items()}


def marking(blanks: Blanks) -> dict[str, list[str]]:
    """The same word by word: a form that is filled with it is the text that it was made of."""
    found: dict[str, list[str]] = {}
    for (name, _), mark in _marked(blanks).items():
        found.setdefault(name, []).append(mark)
    return found


def with_letters(text: str, blanks: Blanks) -> str:
    """A text that was rendered with :func:`marks`, with plain letters in their place."""
    return text.translate({ord(mark[0]): "x" for mark in _marked(blanks).values() if mark})


@dataclass(frozen=True)
class Form:
    """A text in pieces; between each two of them stands a word of what has that name."""

    pieces: tuple[str, ...]
    words: tuple[tuple[str, int], ...]
    markup: bool = False

    @classmethod
    def of(cls, text: str, blanks: Blanks, *, markup: bool = False) -> Form:
        """The form of a text that was rendered with :func:`marks`."""
        if not blanks:
            return cls((text,), (), markup)
        which = {mark: place for place, mark in _marked(blanks).items()}
        pieces = re.split(f"({'|'.join(which)})", text)
        return cls(tuple(pieces[::2]), tuple(which[mark] for mark in pieces[1::2]), markup)

    @cached_property
    def names(self) -> frozenset[str]:
        """Of what stands in it: another part of the mail may hold more."""
        return frozenset(name for name, _ in self.words)

    def filled(self, printed: Words) -> str:
        words = printed
        if self.markup:
            words = {name: [escape(word) for word in printed[name]] for name in self.names}
        filled = [""] * (len(self.pieces) + len(self.words))
        filled[::2] = self.pieces
        filled[1::2] = [words[name][number] for name, number in self.words]
        return "".join(filled)


def _marked(blanks: Blanks) -> dict[tuple[str, int], str]:
    """Each word of what will stand in a form, by its name and number, and what marks its place."""
    lengths = [
        ((name, number), length) for name, words in blanks for number, length in enumerate(words)
    ]
    return {place: chr(_FIRST + n) * length for n, (place, length) in enumerate(lengths)}
