"""How long mails took from the queue to the relay's 250, as a small histogram.

Durations are put into some forty classes, each less than twice as long as the one before. So many
numbers tell a median of any day, and of any days together, to about a fifth.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from itertools import accumulate

_SECOND, _MINUTE, _HOUR = 1_000, 60_000, 3_600_000
EDGES = (
    *(50, 100, 150, 200, 300, 400, 500, 700),
    *(n * _SECOND // 10 for n in (10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 450)),
    *(n * _MINUTE // 10 for n in (10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 450)),
    *(n * _HOUR // 10 for n in (10, 15, 20, 30, 40, 60, 80, 120, 180, 240, 360, 480, 720)),
)
"""Milliseconds at which classes end, themselves included. Behind the last one is one more class."""

HandOver = Counter[int]
"""How many fell into each class, by its number. Classes are stored: append to them, change none."""


def class_of(milliseconds: int) -> int:
    return bisect_left(EDGES, milliseconds)


def written(found: HandOver) -> str:
    """``8:12 9:3``: class and number of each that occurs."""
    return " ".join(f"{each}:{number}" for each, number in sorted(found.items()) if number)


def read(text: str) -> HandOver:
    """What :func:`written` wrote, or several such texts with a blank between them. A word that is
    none says nothing: a later version's, say."""
    found: HandOver = Counter()
    words = Counter(text.split())  # of a month there are some ten thousand, and most are alike
    for word, times in words.items():
        each, _, number = word.partition(":")
        if each.isdecimal() and number.isdecimal():
            found[int(each)] += int(number) * times
    return found


def milliseconds_at(found: HandOver, part: float) -> int | None:
    """The duration that ``part`` of them (0.5: half) did not exceed, read between the edges of its
    class; ``None`` when there are none."""
    classes = sorted(each for each in found if found[each])
    if not classes:
        return None
    wanted = part * sum(found.values())
    sums = list(accumulate(found[each] for each in classes))
    at = bisect_left(sums, wanted)
    each = classes[min(at, len(classes) - 1)]
    before = sums[at] - found[each] if at < len(sums) else 0
    low = EDGES[min(each, len(EDGES)) - 1] if each else 0
    high = EDGES[each] if each < len(EDGES) else low
    return round(low + (high - low) * min((wanted - before) / found[each], 1.0))


def in_words(milliseconds: int | None) -> str:
    """``80 ms``, ``1.4 s``, ``3 min``, ``2.5 h``; a dash when there is nothing to tell."""
    if milliseconds is None:
        return "–"
    if milliseconds < _SECOND:
        return f"{milliseconds} ms"
    for unit, name in ((_HOUR, "h"), (_MINUTE, "min"), (_SECOND, "s")):
        if milliseconds >= unit:
            number = milliseconds / unit
            return (
                f"{number:.1f} {name}".replace(".0 ", " ")
                if number < 10
                else f"{number:.0f} {name}"
            )
    raise AssertionError  # a second is the smallest of them
