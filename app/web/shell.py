"""What surrounds every console page: navigation and notices, contributed by the packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, request
from flask_login import current_user

EXTENSION = "novantra.shell"


@dataclass(frozen=True)
class Entry:
    """A line of the navigation. ``alert`` is the word a coloured dot stands for."""

    label: str
    href: str
    current: bool = False
    alert: str | None = None


@dataclass(frozen=True)
class Section:
    """A titled group of entries."""

    title: str
    entries: list[Entry]


@dataclass(frozen=True)
class Notice:
    """Something every console page says until it is settled. ``level``: warn, bad, good, quiet."""

    level: str
    title: str
    text: str
    action_href: str | None = None
    action_label: str | None = None
    id: str | None = None


@dataclass
class Shell:
    """Contributors are asked once per page; ``order`` sorts sections."""

    sections: list[tuple[int, Callable[[], Section | None]]] = field(default_factory=list)
    notices: list[Callable[[], list[Notice]]] = field(default_factory=list)


def shell(app: Flask | None = None) -> Shell:
    """The shell of an application, to add sections and notices to."""
    found = (app or current_app).extensions[EXTENSION]
    assert isinstance(found, Shell)
    return found


def here(path: str) -> bool:
    """Whether the request is on that page or below it."""
    return request.path == path or request.path.startswith(path.rstrip("/") + "/")


def _surroundings() -> dict[str, Any]:
    if not request or not current_user or not current_user.is_authenticated:
        return {"navigation": [], "notices": []}
    found = [make() for _, make in sorted(shell().sections, key=lambda contributed: contributed[0])]
    return {
        "navigation": [section for section in found if section and section.entries],
        "notices": [notice for make in shell().notices for notice in make()],
    }


def init_app(app: Flask) -> None:
    app.extensions[EXTENSION] = Shell()
    app.context_processor(_surroundings)
