"""How long anybody waits for the database: a page less than a worker, a migration longest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from flask import has_request_context


@dataclass(frozen=True)
class Patience:
    """Whole seconds. ``lock``: for what somebody else holds. ``statement``: for one answer of
    PostgreSQL; SQLite works in this process, so there only a lock can keep anybody waiting."""

    lock: int
    statement: int


PASSING = Patience(lock=0, statement=1)
"""For what may as well be left undone. (PostgreSQL takes no lock timeout for an endless one, so
there the statement's own ends the wait.)"""

PROBE = Patience(lock=2, statement=3)
REQUEST = Patience(lock=5, statement=10)
WORK = Patience(lock=10, statement=60)
UNHURRIED = Patience(lock=30, statement=3600)
"""A question about readiness; a page; a worker or command; a migration."""

_chosen: ContextVar[Patience | None] = ContextVar("patience", default=None)


def patience() -> Patience:
    """What holds here and now: what was chosen, else a request's inside one, else a worker's."""
    return _chosen.get() or (REQUEST if has_request_context() else WORK)


@contextmanager
def waiting(chosen: Patience) -> Iterator[None]:
    """Every transaction that begins inside has this patience."""
    token = _chosen.set(chosen)
    try:
        yield
    finally:
        _chosen.reset(token)
