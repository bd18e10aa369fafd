"""The time zone of whoever looks at a page: their own, else the install's, else UTC."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, has_request_context
from sqlalchemy.exc import SQLAlchemyError

from app.zones import utc, zone_of

EXTENSION = "novantra.zones"
OWN, INSTALL = 10, 20
"""In this order rooms are asked for the name of a zone."""


def knows_zone(app: Flask, order: int, name: Callable[[], str | None]) -> None:
    """Ask this function, too, which zone pages are in; ``None`` where nobody chose one."""
    app.extensions.setdefault(EXTENSION, []).append((order, name))


def viewer_zone() -> ZoneInfo:
    """In which a page says times."""
    return chosen_zone() or utc()


def chosen_zone() -> ZoneInfo | None:
    """The zone that this person, or somebody for the whole install, has chosen and this machine
    knows. Looked up once in a request, when its first time is written."""
    if not has_request_context():
        return None
    if "chosen_zone" not in g:
        try:
            g.chosen_zone = _look_up()
        except SQLAlchemyError:
            # A page that says why the database is away tells its times all the same.
            return None
    found: ZoneInfo | None = g.chosen_zone
    return found


def _look_up() -> ZoneInfo | None:
    known: list[tuple[int, Callable[[], str | None]]] = current_app.extensions.get(EXTENSION, [])
    for _, name in sorted(known, key=lambda one: one[0]):
        if zone := zone_of(name()):
            return zone
    return None
