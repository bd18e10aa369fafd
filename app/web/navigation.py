"""What surrounds every console page: navigation and banners, contributed by the packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, request
from flask_login import current_user

from app.typed import typed
from app.web.guards import Permission

EXTENSION = "novantra.navigation"
# The section "System" stands after the organizations, whoever contributes to either.
SYSTEM_ORDER = 50


@dataclass(frozen=True)
class Entry:
    """A line of the navigation. ``alert`` is the word a dot stands for, coloured by ``level``."""

    label: str
    href: str
    current: bool = False
    alert: str | None = None
    level: str = "bad"


@dataclass(frozen=True)
class Section:
    """A titled group of entries."""

    title: str
    entries: list[Entry]


@dataclass(frozen=True)
class Banner:
    """Something every console page says until it is settled. ``level``: warn, bad, good, quiet."""

    level: str
    title: str
    text: str
    action_href: str | None = None
    action_label: str | None = None
    id: str | None = None


@dataclass
class Navigation:
    """Contributors are asked once per page; ``order`` sorts.

    ``system_entries`` make up the one section "System", to which several packages each add a
    line. Only people who may configure the system are shown it.
    """

    sections: list[tuple[int, Callable[[], Section | None]]] = field(default_factory=list)
    system_entries: list[tuple[int, Callable[[], Entry | None]]] = field(default_factory=list)
    banners: list[Callable[[], list[Banner]]] = field(default_factory=list)

    def shown(self) -> list[Section]:
        """The sections that have something for the person behind this request."""
        contributors = [*self.sections, (SYSTEM_ORDER, self._system)]
        found = [make() for _, make in sorted(contributors, key=_order)]
        return [section for section in found if section and section.entries]

    def _system(self) -> Section | None:
        if current_user.denial(Permission.SYSTEM_CONFIGURE) is not None:
            return None
        found = [make() for _, make in sorted(self.system_entries, key=_order)]
        return Section("System", [entry for entry in found if entry])


def _order(contributed: tuple[int, object]) -> int:
    return contributed[0]


def navigation(app: Flask | None = None) -> Navigation:
    """The navigation of an application, to add sections and banners to."""
    found = (app or current_app).extensions[EXTENSION]
    assert isinstance(found, Navigation)
    return found


def here(path: str) -> bool:
    """Whether the request is on that page or below it."""
    return request.path == path or request.path.startswith(path.rstrip("/") + "/")


def _surroundings() -> dict[str, Any]:
    if not request or not current_user or not current_user.is_authenticated:
        return {"navigation": [], "banners": []}
    return {
        "navigation": navigation().shown(),
        "banners": [banner for make in navigation().banners for banner in make()],
    }


def init_app(app: Flask) -> None:
    app.extensions[EXTENSION] = Navigation()
    app.jinja_env.globals["typed"] = typed
    app.context_processor(_surroundings)
