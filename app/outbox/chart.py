"""Days as bars: where each part of a picture stands. Across in per cent of its width and down in
pixels, so that one picture fits every screen and its words keep their size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.outbox.over_time import Day

HEIGHT = 140
"""Pixels of the highest bar."""
TOP = 22
"""Pixels above it, for the number of the uppermost line."""
SEEN = 3.0
"""Pixels that anything at all gets: one failed mail beside a thousand must show."""
GAP = 0.24
"""Of a day's width is room beside its bar."""
LABELLED = 7
"""Days that have their date below; of more, every seventh has."""
STEPS = (2, 4, 6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100)
"""Where the uppermost line may be, and ten times each."""


@dataclass(frozen=True)
class Part:
    """A piece of a bar: ``what`` it counts (``sent``, ``failed``, ``expired``)."""

    what: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """A day. ``x``, ``width`` and ``middle`` in per cent."""

    day: date
    number: int
    x: float
    width: float
    middle: float
    top: float
    parts: tuple[Part, ...]
    label: str


@dataclass(frozen=True)
class Line:
    """A line across with its number."""

    number: int
    y: float


@dataclass(frozen=True)
class Chart:
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    floor: int = TOP + HEIGHT


def chart(days: Sequence[Day]) -> Chart:
    most = _rounded_up(max((day.number for day in days), default=0))
    width = 100 / len(days)
    every = 1 if len(days) <= LABELLED else LABELLED
    bars = []
    for at, day in enumerate(days):
        parts = tuple(_parts(day, most))
        written = (len(days) - 1 - at) % every == 0
        bars.append(
            Bar(
                day=day.day,
                number=day.number,
                x=round(at * width + width * GAP / 2, 3),
                width=round(width * (1 - GAP), 3),
                middle=round((at + 0.5) * width, 3),
                top=parts[-1].y if parts else float(TOP + HEIGHT),
                parts=parts,
                label=_label(day.day, first=at == 0 or every > 1) if written else "",
            )
        )
    lines = [Line(number, _y(number, most)) for number in sorted({most, most // 2})]
    return Chart(tuple(bars), tuple(line for line in lines if line.number))


def _parts(day: Day, most: int) -> list[Part]:
    """From the floor up: sent, then what was not."""
    found: list[Part] = []
    floor = float(TOP + HEIGHT)
    for what in ("sent", "failed", "expired"):
        number = getattr(day.tally, what)
        if number:
            height = max(HEIGHT * number / most, SEEN)
            floor = round(floor - height, 1)
            found.append(Part(what, floor, round(height, 1)))
    return found


def _label(day: date, *, first: bool) -> str:
    """The month is said once, and when another begins."""
    return f"{day.day} {day:%b}" if first or day.day == 1 else f"{day.day}"


def _y(number: int, most: int) -> float:
    return round(TOP + HEIGHT * (1 - number / most), 1)


def _rounded_up(number: int) -> int:
    """The next number that is easily read and halved: 2, 4, …, 12, 16, 20, 24, 30, …, 240, …"""
    power = 1
    while number > STEPS[-1] * power:
        power *= 10
    return next(step * power for step in STEPS if number <= step * power)
