"""One figure of the table: ours beside somebody else's, their ratio, and what was aimed at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """``ratio`` is ours against theirs as ``goal`` means it; ``met`` is ``None`` without a goal.

    ``why`` says what it depends on, and where we lose, why.
    """

    what: str
    ours: str
    beside: str
    theirs: str
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    why: str = ""

    @property
    def told(self) -> str:
        """Whether the goal was met, in a word."""
        return {True: "yes", False: "**no**", None: ""}[self.met]


def faster(
    what: str,
    ours: float,
    beside: str,
    theirs: float,
    *,
    at_least: float | None = None,
    unit: str = "/s",
    why: str = "",
) -> Figure:
    """Two rates, of which the higher one is better."""
    goal = ("≥", at_least, float.__ge__)
    return _beside(what, ours, beside, theirs, goal, unit=unit, why=why)


def slower(
    what: str,
    ours: float,
    beside: str,
    theirs: float,
    *,
    at_most: float | None = None,
    unit: str = " ms",
    why: str = "",
) -> Figure:
    """Two durations, of which the lower one is better."""
    goal = ("≤", at_most, float.__le__)
    return _beside(what, ours, beside, theirs, goal, unit=unit, why=why)


def _beside(
    what: str,
    ours: float,
    beside: str,
    theirs: float,
    goal: tuple[str, float | None, Callable[[float, float], bool]],
    *,
    unit: str,
    why: str,
) -> Figure:
    sign, limit, holds = goal
    ratio = round(ours / theirs, 2)
    return Figure(
        what,
        _number(ours, unit),
        beside,
        _number(theirs, unit),
        ratio,
        f"{sign} {limit:g} ×" if limit else "",
        holds(ratio, float(limit)) if limit else None,
        why,
    )


def within(what: str, ours: float, limit: float, unit: str, *, why: str = "") -> Figure:
    """A figure that has nobody beside it but its limit."""
    return Figure(
        what,
        _number(ours, unit),
        "",
        "",
        None,
        f"≤ {_number(limit, unit)}",
        ours <= limit,
        why,
    )


def table(figures: Iterable[Figure]) -> str:
    """As Markdown."""
    head = ("what", "ours", "beside", "theirs", "ratio", "goal", "met", "why")
    lines = [head, ("---",) * len(head)]
    for one in figures:
        ratio = f"{one.ratio:g}" if one.ratio is not None else ""
        cells = (one.what, one.ours, one.beside, one.theirs, ratio, one.goal, one.told, one.why)
        lines.append(cells)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _number(value: float, unit: str) -> str:
    if value >= 100:
        return f"{value:,.0f}{unit}"
    return f"{value:.3g}{unit}"
