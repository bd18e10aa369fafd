"""Time zones by their names in the IANA database, and a moment as a clock on a wall there shows it.

Names are stored as they were chosen. A machine may know fewer of them than the one on which that
was done, so whoever reads one asks :func:`first_known`, which always has an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

UTC_NAME = "UTC"
MAXIMUM = 64
"""Characters of a stored name; the longest there is has 32."""

# What stands before the slash in a name that people may choose; the others ("Etc/GMT+3", "EST",
# "US/Eastern", "localtime") are for machines, or old.
AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def utc() -> ZoneInfo:
    """The zone of whoever chose none."""
    return ZoneInfo(UTC_NAME)


def zone_of(name: str | None) -> ZoneInfo | None:
    """The zone of that name; ``None`` when this machine does not know it, or it is no name."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; a path or not a zone's file; a folder
        return None


def first_known(*names: str | None) -> ZoneInfo:
    """The zone of the first name that this machine knows, else UTC."""
    return next((zone for zone in map(zone_of, names) if zone), utc())


def may_be_chosen(name: str) -> bool:
    """Whether people may choose that name: UTC, or a place that this machine knows."""
    area, slash, place = name.partition("/")
    if len(name) > MAXIMUM or (name != UTC_NAME and not (slash and place and area in AREAS)):
        return False
    return zone_of(name) is not None


@cache
def places() -> tuple[str, ...]:
    """The names to choose from, without those that are only older spellings of another.

    As ``zone.tab`` of the package tzdata lists them: a place for each zone of each country.
    """
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return tuple(sorted({row[2] for row in rows}))


def by_area(*also: str | None) -> dict[str, list[tuple[str, str]]]:
    """Names and what people call the place, by area, as a select field lists them.

    ``also``: a name that must be among them, such as the one that is stored.
    """
    found: dict[str, list[tuple[str, str]]] = {area: [] for area in AREAS}
    for name in sorted({*places(), *_choosable(also)}):
        area, _, place = name.partition("/")
        if area in found:
            found[area].append((name, _words(place)))
    return found


def _choosable(names: Iterable[str | None]) -> set[str]:
    return {name for name in names if name and may_be_chosen(name)}


def _words(place: str) -> str:
    """``Argentina/Buenos_Aires`` as "Buenos Aires (Argentina)"."""
    within, _, town = place.replace("_", " ").rpartition("/")
    return f"{town} ({within})" if within else town


def called(zone: ZoneInfo) -> str:
    """Its name for people: "Europe/Berlin", "America/New York", "UTC"."""
    return zone.key.replace("_", " ")


def at_time(moment: datetime, zone: ZoneInfo) -> str:
    """The time of day to the minute with its zone: "10:42 UTC", "14:30 (Europe/Berlin)".

    The hour that a clock shows twice when summer ends says which of the two it is:
    "02:30 (Europe/Berlin, UTC+2)".
    """
    local = in_zone(moment, zone)
    if zone.key == UTC_NAME:
        return f"{local:%H:%M} UTC"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    which = f", {_offset(local)}" if twice else ""
    return f"{local:%H:%M} ({called(zone)}{which})"


def on_day(moment: datetime, zone: ZoneInfo) -> str:
    """The day: "22 November 2026"."""
    local = in_zone(moment, zone)
    return f"{local.day} {local:%B %Y}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as it goes on after "until": "14:30 (Europe/Berlin) on 26 November 2026"."""
    return f"{at_time(moment, zone)} on {on_day(moment, zone)}"


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """An aware moment there. At the ends of the calendar, where there is no such day, as it is."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.replace(tzinfo=zone)


def _offset(local: datetime) -> str:
    """``UTC+2``, ``UTC+5:30``, ``UTC-3``."""
    minutes = round((local.utcoffset() or timedelta()) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def lasting(span: timedelta) -> str:
    """How long, in whole words of the largest unit that gives no fraction: "30 minutes",
    "24 hours", "7 days". What is no whole minute is rounded to one."""
    minutes = max(1, round(span / timedelta(minutes=1)))
    days, hours = minutes // (24 * 60), minutes // 60
    if days > 1 and minutes == days * 24 * 60:
        return f"{days} days"
    if hours and minutes == hours * 60:
        return "1 hour" if hours == 1 else f"{hours} hours"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
