"""One bad item stops nothing but itself.

What a worker reads was stored by another version, restored from a backup, or changed by hand, and
some of it may be such that working on it raises. Then that item is **set aside** with the reason,
where pages and commands count it, and the next one has its turn. What is no fault of the item, a
database that is away or a key that is missing, is raised: the next item would fare the same.

What is done between deliveries, a *chore*, is kept apart in the same way: one that fails rests for
a while, and keeps none of the others.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from app.crypto.keys import KeysUnusable
from app.database_faults import fault_of
from app.outbox.models import SET_ASIDE, OutboxMessage, State
from app.runtime import Runtime

T = TypeVar("T")

REASON_MAXIMUM = 200

log = logging.getLogger("novantra.outbox")


@dataclass(frozen=True)
class Trouble:
    """What went wrong with one item: ``KeyError in app.accounts.intents, line 78``.

    The text of an exception is left out, because it may hold an address or a secret.
    """

    reason: str
    everybodys: bool = False
    """Whether any other work would have fared the same."""


def alone(work: Callable[[], T]) -> T | Trouble:
    """Do the work of one item; an error that is the item's own comes back as :class:`Trouble`."""
    try:
        return work()
    except Exception as error:
        if everybodys(error):
            raise
        return Trouble(reason_of(error))


def alone_in(session: Session, work: Callable[[], T]) -> T | Trouble:
    """As :func:`alone`, under a savepoint: what the item had written by then is undone."""

    def under_a_savepoint() -> T:
        with session.begin_nested():
            return work()

    return alone(under_a_savepoint)


def never_raising(work: Callable[[], T]) -> T | Trouble:
    """As :func:`alone`, for work that others must not suffer from whoever is to blame."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - told and repeated by whoever asks for the work
        return Trouble(reason_of(error), everybodys(error))


def everybodys(error: BaseException) -> bool:
    """Whether it would have befallen any other item as well."""
    if isinstance(error, KeysUnusable | OSError | MemoryError | OperationalError | InterfaceError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return fault_of(error).is_known


def reason_of(error: BaseException) -> str:
    """The kind of an error, and the line of ours that it came from."""
    if isinstance(error, DBAPIError) and fault_of(error).is_known:
        return f"{fault_of(error).cause} ({fault_of(error).code})"[:REASON_MAXIMUM]
    ours = [
        (frame.f_globals.get("__name__", ""), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] in {"app", "wizard"}
        and frame.f_globals.get("__name__") != __name__
    ]
    where = f" in {ours[-1][0]}, line {ours[-1][1]}" if ours else ""
    return f"{type(error).__name__}{where}"[:REASON_MAXIMUM]


def set_aside_messages(session: Session) -> int:
    """Messages that wait for a person because they could not be worked on."""
    return session.scalar(_ASIDE) or 0


_ASIDE = (
    select(func.count())
    .select_from(OutboxMessage)
    .where(SET_ASIDE, OutboxMessage.state == State.FAILED)
    # Left to itself SQLite looks through all that ever failed.
    .with_hint(OutboxMessage, "INDEXED BY ix_outbox_messages_set_aside", "sqlite")
)


def counted(session: Session, runtime: Runtime) -> dict[str, int]:
    """How many items are set aside: what they are, in the plural → how many. Empty when none is.

    Cheap: every count is one of a partial index that is empty on a sound install.
    """
    found = {name: count(session) for name, count in runtime.set_aside.items()}
    return {name: number for name, number in found.items() if number}


BACK_OFF, AT_MOST = 1.0, 300.0
"""Seconds that a chore rests after it failed; doubled each time it fails again, up to a limit."""


@dataclass
class _Resting:
    until: float
    seconds: float
    reason: str


class Chores:
    """Runs chores of any name, and remembers which one failed why."""

    def __init__(self) -> None:
        self._resting: dict[str, _Resting] = {}

    def run(self, chores: Iterable[tuple[str, Callable[[], bool]]]) -> bool:
        """Whether any of them did something. One that failed is left alone for a while.

        When the database is away the rest of this round is left out, which would only wait for it
        as well, and the next round begins with that rest.
        """
        did = False
        for name, work in chores:
            done = self._run(name, work)
            if isinstance(done, Trouble) and done.everybodys:
                break
            did = did or done is True
        return did

    def _run(self, name: str, work: Callable[[], bool]) -> bool | Trouble:
        before = self._resting.get(name)
        if before is not None and time.monotonic() < before.until:
            return False
        done = never_raising(work)
        if isinstance(done, Trouble):
            self._failed(name, done.reason, before)
            return done
        if before is not None:
            del self._resting[name]
            log.info("a chore works again: %s", name)
        return done

    def _failed(self, name: str, reason: str, before: _Resting | None) -> None:
        """Logged once, with the cause, and again when it fails otherwise or works."""
        if before is None or before.reason != reason:
            log.error("a chore failed and is tried again later: %s: %s", name, reason)
        seconds = min(before.seconds * 2, AT_MOST) if before else BACK_OFF
        self._resting[name] = _Resting(time.monotonic() + seconds, seconds, reason)
