"""Renders a mail's three templates, in which nothing a user typed can become markup or a link.

What may go into a mail, decided by the name under which it is given.

``link``, ``url``, ``…_link``, ``…_url``
    An absolute http or https address, made by us.
``code``, ``…_code``
    Letters, digits and hyphens.
``address``, ``email``, ``…_address``, ``…_email``
    A normalised e-mail address.
:class:`Prose` under any name
    Our own sentence; it stays as it is.
any other string
    Somebody typed it: control characters go, 64 characters stay, and it never becomes a link,
    in bodies or in the subject, which programs show as text of their own and in notifications.
    They make links of whatever looks like a domain, so an invisible WORD JOINER is put where they
    would see one. It reads the same and cannot be clicked. What is written from right to left is
    isolated (UAX 9 section 2.4.2), so that it does not turn the words around it.

Anything that is not a string passes as it is; strings in lists and tuples are treated alike. A
moment is printed by ``|clock``, to the minute.

Links, codes, addresses and moments are printed and nothing else, so mails that differ in those
alone are rendered once: see :mod:`app.mail.blanks`.

``zone`` is the reader's, in which ``{{ until|clock }}`` says "14:30 (Europe/Berlin) on 26 November
2026". ``written_at`` is when the mail is composed: it may wait before it is sent, so how long
something lasts is said from there, as ``{{ until_lasts }} after this mail was written``. Every
moment has such a length beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from app import zones
from app.mail.addresses import normalise
from app.mail.blanks import Blank, Blanks, Form, Words, blanks_for, marking, marks
from app.mail.content import ContentForm, content_of

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@dataclass(frozen=True)
class Composed:
    """A mail in words."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Written:
    """A mail in words, and their octets as :func:`app.mail.content.content_of` makes them."""

    subject: str
    content: bytes


FORMS = 256
"""Rendered forms that are kept, of about 6 kB each."""

_Told = tuple[tuple[str, type, object], ...]


@dataclass
class _Forms:
    subject: Form
    text: Form
    html: Form
    blanks: Blanks
    used: bool = False

    def content(self, printed: Words) -> bytes | None:
        """From the second mail on, since many a form has but one, and if it can be so put together:
        see :meth:`app.mail.content.ContentForm.filled`."""
        if not self.used:
            self.used = True
            return None
        return self._content.filled(printed) if self._content else None

    @cached_property
    def _content(self) -> ContentForm | None:
        words = self.filled(marking(self.blanks))
        return ContentForm.of(words.text, words.html, self.blanks)

    def filled(self, printed: Words) -> Composed:
        parts = (self.subject, self.text, self.html)
        return Composed(*(part.filled(printed) for part in parts))


class Composer:
    """Renders ``email/<name>/{subject.txt,body.txt,body.html}`` under a folder of templates."""

    def __init__(self, templates: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=select_autoescape(enabled_extensions=("html",), default=False),
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters["clock"] = clock
        self._forms = lru_cache(maxsize=FORMS)(self._rendered_forms)

    def compose(self, name: str, values: Mapping[str, object]) -> Composed:
        """The mail ``name`` with ``values``; see this file’s head for what they are.

        :raises jinja2.UndefinedError: a template uses a value that is not given.
        :raises ValueError: a link or a code is none.
        """
        forms, printed = self._forms_for(name, values)
        return forms.filled(printed) if forms else self._alone(name, values)

    def write(self, name: str, values: Mapping[str, object]) -> Written:
        """As :meth:`compose`, encoded."""
        forms, printed = self._forms_for(name, values)
        content = forms.content(printed) if forms else None
        if forms and content is not None:
            return Written(forms.subject.filled(printed), content)
        words = forms.filled(printed) if forms else self._alone(name, values)
        return Written(words.subject, content_of(words.text, words.html))

    def _forms_for(
        self, name: str, values: Mapping[str, object]
    ) -> tuple[_Forms | None, dict[str, Sequence[str]]]:
        """What mails with the same words share, if these can share it, and what is printed in it
        for this one."""
        values = _with_lengths(values)
        zone = values.get("zone")
        printed = {
            key: words for key, value in values.items() if (words := _printed(key, value, zone))
        }
        told = tuple((n, type(value), value) for n, value in values.items() if n not in printed)
        if not all(isinstance(value, _PLAIN) for _, _, value in told):
            return None, printed
        return self._forms(name, told, blanks_for(printed)), printed

    def _alone(self, name: str, values: Mapping[str, object]) -> Composed:
        return self._rendered(name, prepared(_with_lengths(values)))

    def _rendered_forms(self, name: str, told: _Told, blanks: Blanks) -> _Forms:
        values = prepared({key: value for key, _, value in told})
        words = self._rendered(name, values | marks(blanks))
        return _Forms(
            Form.of(words.subject, blanks),
            Form.of(words.text, blanks),
            Form.of(words.html, blanks, markup=True),
            blanks,
        )

    def _rendered(self, name: str, words: Mapping[str, object]) -> Composed:
        return Composed(
            subject=" ".join(self._render(name, "subject.txt", words).split()),
            text=self._render(name, "body.txt", words).strip("\n") + "\n",
            html=self._render(name, "body.html", words),
        )

    def _render(self, name: str, part: str, values: Mapping[str, object]) -> str:
        return self._environment.get_template(f"email/{name}/{part}").render(values)


def compose(name: str, values: Mapping[str, object]) -> Composed:
    """As :meth:`Composer.compose`, with the program's own templates."""
    return _own().compose(name, values)


def write(name: str, values: Mapping[str, object]) -> Written:
    """As :meth:`Composer.write`, with the program's own templates."""
    return _own().write(name, values)


@cache
def _own() -> Composer:
    return Composer(TEMPLATES)


MAX_NAME = 64
"""Characters of a name or other typed text in a mail."""

WORD_JOINER = "\u2060"

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_FROM_THE_RIGHT = frozenset({"R", "AL", "AN"})

_PRINTED = frozenset({"link", "url", "code", "address", "email"})
_LINK = re.compile(r"https?://[!#-&(-;=?-\[\]-~]+")
"""Without what could end it where it stands in markup."""
_CODE = re.compile(r"[A-Za-z0-9-]{1,32}")
_JOINS = re.compile(r"(?<=\S)([.@:/。．｡])(?=\S)")
"""Signs at which a mail program recognises a domain, an address or the start of a URL."""

_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that Persian, Indic scripts and emoji need; the others hide or turn text."""


class Prose(str):
    """A sentence of our own, not typed by any user."""

    __slots__ = ()


_PLAIN = (str, int, datetime, ZoneInfo, type(None))
"""What mails may share a form by: compared by what it says."""


def prepared(values: Mapping[str, object]) -> dict[str, object]:
    """The values as a template may have them.

    :raises ValueError: a link, code or address is none.
    """
    return {name: _prepared(name, value) for name, value in values.items()}


def clean_name(text: str) -> str:
    """A name as mails show it: one line, no invisible characters, at most 64 characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:MAX_NAME].rstrip()
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(
        character
        for character in spaced
        if character in _JOINERS or unicodedata.category(character) not in _DROPPED
    )
    return " ".join(kept.split())[:MAX_NAME].rstrip()


def without_links(text: str) -> str:
    """``text`` with a word joiner after each sign that could make part of it a link."""
    return _JOINS.sub(rf"\1{WORD_JOINER}", text)


def isolated(text: str) -> str:
    """``text`` between isolates if any of it is written from right to left."""
    if text.isascii():
        return text
    if any(unicodedata.bidirectional(character) in _FROM_THE_RIGHT for character in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text


def _with_lengths(values: Mapping[str, object]) -> dict[str, object]:
    """Beside every moment how long after ``written_at`` it is, which itself is not told."""
    told = dict(values)
    written_at = told.pop("written_at", None)
    if isinstance(written_at, datetime):
        for name, value in values.items():
            if name in told and isinstance(value, datetime):
                told[f"{name}_lasts"] = Prose(zones.lasting(value - written_at))
    return told


def _printed(name: str, value: object, zone: object) -> Sequence[str] | None:
    """The words of what is printed and nothing else; ``None`` for anything else.

    :raises ValueError: a link, code or address is none.
    """
    if isinstance(value, str):
        alone = _kind_of(name) in _PRINTED and not isinstance(value, Prose)
        return [str(_prepared(name, value))] if alone else None
    if isinstance(value, datetime) and isinstance(zone, ZoneInfo):
        return _clock_words(value.astimezone(UTC), zone)
    return None


@lru_cache(maxsize=FORMS)
def _clock_words(moment: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    """``moment`` is in UTC, where moments that are equal are the same."""
    return tuple(zones.clock(moment, zone).split())


@cache
def _kind_of(name: str) -> str:
    """What decides how a value is treated. Names are written in the program, so they are few."""
    return name.rpartition("_")[2]


def _prepared(name: str, value: object) -> object:
    if isinstance(value, list | tuple):
        return [_prepared(name, item) for item in value]
    if not isinstance(value, str) or isinstance(value, Prose):
        return value
    kind = _kind_of(name)
    if kind in ("link", "url"):
        return _required(value, bool(_LINK.fullmatch(value)), name)
    if kind == "code":
        return _required(value, bool(_CODE.fullmatch(value)), name)
    if kind in ("address", "email"):
        return _required(value, normalise(value) == value, name)
    return isolated(without_links(clean_name(value)))


def _required(value: str, holds: bool, name: str) -> str:
    if not holds:
        raise ValueError(f"{name} is not what its name promises")
    return value


@pass_context
def clock(context: Context, moment: datetime | Blank) -> str | Blank:
    """An aware moment in words, in the zone of whoever reads the mail."""
    return moment if isinstance(moment, Blank) else zones.clock(moment, context["zone"])
