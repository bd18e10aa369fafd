"""Gives what was made under a wrong clock the life it was meant to have, once the clock is right.

A link made two days ahead, to work for half an hour, would work for two days and half an hour, and
its mail would wait as long. Until it is found it counts as past (:mod:`app.moments`), so it opens
nothing; found, it begins its life at the present: nothing is lost and nothing lives longer.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.in_steps import ROWS, in_steps
from app.moments import SKEW
from app.runtime import Perishable, Runtime

SECONDS = 1.0
"""For one table in one round; the rest has its turn in the next."""
EVERY = timedelta(minutes=1)
"""Another machine's clock may be the wrong one, and ours would never notice."""

log = logging.getLogger("novantra.clock")


def redate(session: Session, what: Perishable, now: datetime) -> int:
    """Let some rows that no right clock can have made begin at ``now``; how many those were."""
    too_far = what.made > now + SKEW
    if what.ends is not None and what.life is not None:
        too_far |= what.ends > now + what.life + SKEW
    (key,) = what.model.__table__.primary_key.columns  # type: ignore[attr-defined]
    columns = (key, what.made, *([] if what.ends is None else [what.ends]))
    rows = session.execute(
        select(*columns).where(too_far).limit(ROWS).with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        values: dict[Any, Any] = {what.made: min(row[1], now)}
        if what.ends is not None and row[2] is not None:
            meant = what.life if row[1] <= now + SKEW else row[2] - row[1]
            assert meant is not None
            values[what.ends] = now + meant
        session.execute(
            update(what.model)
            .where(key == row[0])
            .values(values)
            .execution_options(synchronize_session=False)
        )
    return len(rows)


class Redating:
    """A chore of the worker: at its first step, whenever the clock went back, and every minute.

    It stands before the other chores and before the sweep, which would believe the moments.
    """

    def __init__(self) -> None:
        self._looked: datetime | None = None

    def __call__(self, runtime: Runtime) -> bool:
        now = runtime.now()
        if self._looked is not None and self._looked <= now < self._looked + EVERY:
            return False
        found = 0
        for what in runtime.perishable:

            def step(session: Session, what: Perishable = what) -> int:
                nonlocal found
                done = redate(session, what, runtime.now())
                found += done
                return done

            if in_steps(runtime.database, step, seconds=SECONDS):
                return True  # more is left: look again before anything else is believed
        self._looked = now
        if found:
            log.warning("made under a wrong clock, counted from now", extra={"rows": found})
        return bool(found)
