"""Keeps to what a relay allows an account, over all processes and hosts that share the database.

**Connections**: each process asks for some, and its sign of life says how many it has. A process
that is gone gives them back with its sign of life; one that has none delivers nothing, since those
that have some do. **Messages**: whoever claims writes down how many and when, in steps of a
twentieth of the time, and claims no more than the last such time has left.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.mailer.active import ActiveMailer
from app.mailer.limits import Limits
from app.moments import SKEW
from app.outbox.claim import Rest
from app.outbox.heartbeats import Heartbeat
from app.outbox.models import MailPace

STEPS = 20
"""Parts of the time of a limit; a message counts until its part is over as a whole."""

ASK_AGAIN = 3.0
"""Seconds between questions for connections that others had."""

# Any number will do as long as every process uses the same one.
PACE_LOCK = 7_401_228


class Allowance:
    """Of one process.

    :param wanted: how many connections it would use
    :param heartbeat: its sign of life; without one it delivers a message at a time, and only the
        number of messages counts
    """

    def __init__(self, wanted: int, heartbeat: Heartbeat | None) -> None:
        self._wanted = wanted
        self._heartbeat = heartbeat
        self._limits = Limits()
        self._granted: int | None = None
        self._asked_at = 0.0
        self.wait = 0.0
        """Seconds until more may be claimed, when there was no room."""

    def room(
        self, session: Session, active: ActiveMailer, now: datetime, wanted: int
    ) -> int | Rest:
        """How many of ``wanted`` may be claimed now, or why none; :meth:`begun` follows."""
        if active.limits != self._limits:
            self._limits, self._granted = active.limits, None
        if not self.connections:
            return Rest.CROWDED
        return self._left(session, now, wanted) or Rest.PACED

    def begun(self, session: Session, now: datetime, number: int) -> None:
        """So many were claimed."""
        if self._limits.messages is None or not number:
            return
        moment = self._part_of(now)
        more = update(MailPace).where(MailPace.moment == moment)
        more = more.values(begun=MailPace.begun + number).returning(MailPace.moment)
        if session.execute(more.execution_options(synchronize_session=False)).first() is None:
            old = now - self._window - SKEW
            session.execute(
                delete(MailPace).where((MailPace.moment < old) | (MailPace.moment > now + SKEW))
            )
            session.add(MailPace(moment=moment, begun=number))
            session.flush()

    @property
    def wants_more(self) -> bool:
        """Whether to :meth:`ask`, because others had too many of the connections a while ago."""
        return (
            self._heartbeat is not None
            and self._limits.connections is not None
            and (self._granted or 0) < self._wanted
            and time.monotonic() >= self._asked_at + ASK_AGAIN
        )

    def ask(self) -> int:
        """Asks for connections; how many there are from now on."""
        assert self._heartbeat is not None
        assert self._limits.connections is not None
        self._asked_at = time.monotonic()
        self._granted = self._heartbeat.hold(wanted=self._wanted, at_most=self._limits.connections)
        return self._granted

    @property
    def connections(self) -> int:
        """How many may be used."""
        limited = self._heartbeat is not None and self._limits.connections is not None
        return (self._granted or 0) if limited else self._wanted

    def forget(self) -> None:
        """The database was away, and so was the sign of life: ask anew."""
        self._granted = None

    @property
    def _window(self) -> timedelta:
        """In which so many may be begun, and one part more, since parts count as a whole."""
        return timedelta(seconds=self._limits.seconds * (1 + 1 / STEPS))

    def _left(self, session: Session, now: datetime, wanted: int) -> int:
        if self._limits.messages is None:
            return wanted
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PACE_LOCK})
        row = MailPace
        oldest, begun = session.execute(
            select(func.min(row.moment), func.sum(row.begun)).where(
                row.moment > now - self._window, row.moment <= now + SKEW
            )
        ).one()
        left = max(min(self._limits.messages - (begun or 0), wanted), 0)
        if not left and oldest is not None:
            self.wait = max((oldest + self._window - now) / timedelta(seconds=1), 0.02)
        return left

    def _part_of(self, now: datetime) -> datetime:
        part = self._limits.seconds / STEPS
        return datetime.fromtimestamp(now.timestamp() // part * part, UTC)
