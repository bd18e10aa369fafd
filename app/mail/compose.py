"""Renders a mail's three templates, in which nothing a user typed can become markup or a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.mail.compose_times import clock
from app.mail.compose_values import prepared

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@dataclass(frozen=True)
class Composed:
    """A mail in words."""

    subject: str
    text: str
    html: str


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

    def compose(self, name: str, values: Mapping[str, object]) -> Composed:
        """The mail ``name`` with ``values``; see :mod:`app.mail.compose_values` for what they are.

        :raises jinja2.UndefinedError: a template uses a value that is not given.
        :raises ValueError: a link or a code is none.
        """
        words = prepared(values)
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


@cache
def _own() -> Composer:
    return Composer(TEMPLATES)
