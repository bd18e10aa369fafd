"""Names in the environment that nobody reads, such as one with a letter too few."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache

from app.config import Config

PREFIX = "NOVANTRA_"
log = logging.getLogger("novantra.start")


class _Asked(dict[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return default


_also_read: set[str] = set()


def also_read(names: Iterable[str]) -> None:
    """Rooms above read these by a rule of their own; they say so while they are loaded."""
    _also_read.update(names)
    known_names.cache_clear()


@cache
def known_names() -> frozenset[str]:
    """Every variable that the program reads, as the reading itself tells."""
    asked = _Asked()
    Config.from_env(asked)
    return frozenset(asked.names | _also_read)


def unknown_names(environ: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each name of ours that nobody reads, with the nearest that somebody does."""
    known = known_names()
    for name in sorted(environ):
        if not name.upper().startswith(PREFIX) or name in known:
            continue
        # Without what all of them begin with, or everything would be near.
        rest = [one.removeprefix(PREFIX) for one in sorted(known)]
        nearest = get_close_matches(name.upper().removeprefix(PREFIX), rest, n=1, cutoff=0.7)
        meant = f" Did you mean {PREFIX}{nearest[0]}?" if nearest else ""
        yield f"{name} is set, and Novantra knows no variable of that name.{meant}"


def warn_of_unknown(environ: Mapping[str, str]) -> None:
    """Log those sentences, when a server starts."""
    for sentence in unknown_names(environ):
        log.warning("environment: %s", sentence)
