"""What is done to many in one request: in steps, and the right to it is asked for in each.

A step is a transaction of its own, so that nobody waits for hundreds of rows. Whoever loses the
right between two steps is told what was done; the rest is left as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.orm import Session

from app.web.context import db
from app.web.errors import Refusal
from app.web.guards import Permission, still_has

T = TypeVar("T")

STEP = 100
"""Mails written or invitations dealt with in one transaction: SQLite has one writer."""


@dataclass(frozen=True)
class LostRight:
    """Why the rest is not done: ``why`` as it goes on after “40 were sent, then”; ``ask`` says who
    can do the rest; a link leads on."""

    why: str
    ask: str
    path: str = "/"
    label: str = "Back to the start"


Lost = Callable[[Session], LostRight | None]
"""Asks whether whoever began may go on, until the transaction ends; ``None`` when they may."""


def step_by_step(steps: Iterable[T], lost: Lost, done: Callable[[], str]) -> Iterator[T]:
    """Each step in a transaction of its own, which is committed when the next one is asked for.

    :param done: what is done so far, such as “40 invitations were revoked”
    :raises Refusal: the right to it is gone; the steps before were committed
    """
    session = db()
    for step in steps:
        gone = lost(session)
        if gone is not None:
            session.rollback()
            cause = f"{done()}, then {gone.why}."
            raise Refusal(403, "The rest was not done", cause, gone.ask, gone.path, gone.label)
        yield step
        session.commit()


def some_at_a_time(found: Sequence[T], at_once: int | None = None) -> Iterator[Sequence[T]]:
    """What to deal with in each step: so many at once, or :data:`STEP`."""
    size = at_once or STEP
    for start in range(0, len(found), size):
        yield found[start : start + size]


def lost_to(permission: Permission) -> Lost:
    """Whether the person of this request lost this permission."""
    may = still_has(permission)

    def lost(session: Session) -> LostRight | None:
        if may(session):
            return None
        why = "your right to do so was taken away"
        return LostRight(why, "Ask an administrator of this install to do the rest.")

    return lost
