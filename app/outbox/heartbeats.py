"""Who delivers: each process that does says so every few seconds, and is forgotten when it stops.

Queue and health cannot tell a quiet install from one in which nobody delivers. A row per process
can, over all hosts that share the database.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.outbox.models import MailWorker
from app.runtime import LiveWorker, Runtime
from app.written_once import AnySelect, WrittenOnce

BEAT = 5.0
"""Seconds between two signs of life."""

STALE = timedelta(seconds=30)
"""Without one for so long a worker counts as gone."""

AHEAD = timedelta(seconds=5)
"""How far the clocks of two hosts may differ: a sign from further ahead is from a wrong clock, and
would keep a dead worker alive until that time comes."""

FORGOTTEN = timedelta(minutes=10)
"""Rows of processes that were killed are deleted by the others after this."""

# Any number will do as long as every process uses the same one.
HOLD_LOCK = 7_401_229

log = logging.getLogger("novantra.outbox")


class Heartbeat:
    """The signs of life of one process. Safe to beat as often as one likes.

    :param process: ``embedded``, ``worker`` or ``drain``
    """

    def __init__(self, runtime: Runtime, process: str) -> None:
        self._runtime = runtime
        self._process = process
        self._id = secrets.token_hex(16)
        self._started: datetime | None = None
        self._due = 0.0
        self._holds = 0
        self._lock = threading.Lock()

    def beat(self) -> None:
        """Say that this process delivers, if it is time. A database that is away is no error:
        who cannot reach it does not deliver either."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + BEAT
        try:
            with self._lock, self._runtime.database.transaction(passing=True) as session:
                self._write(session, self._runtime.now())
        except DBAPIError as error:
            log.warning("no sign of life could be left: %s", type(error.orig).__name__)

    def hold(self, *, wanted: int, at_most: int) -> int:
        """Take of the connections that are left, when all processes together may have ``at_most``;
        how many those are. They are held as long as there are signs of life."""
        with self._lock, self._runtime.database.transaction() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": HOLD_LOCK})
            row, now = MailWorker, self._runtime.now()
            self._write(session, now)
            others = session.scalar(
                select(func.sum(row.connections)).where(
                    row.id != self._id, row.seen_at > now - STALE, row.seen_at <= now + AHEAD
                )
            )
            self._holds = max(min(wanted, at_most - (others or 0)), 0)
            session.execute(
                update(row)
                .where(row.id == self._id)
                .values(connections=self._holds)
                .execution_options(synchronize_session=False)
            )
            return self._holds

    def stop(self) -> None:
        """Nobody delivers here any more."""
        if self._started is None:
            return
        self._started, self._due = None, 0.0
        try:
            with self._runtime.database.transaction() as session:
                session.execute(delete(MailWorker).where(MailWorker.id == self._id))
        except DBAPIError as error:
            log.warning("the sign of life stays until it is old: %s", type(error.orig).__name__)

    def _write(self, session: Session, now: datetime) -> None:
        self._started = self._started or now
        seen = session.execute(
            update(MailWorker)
            .where(MailWorker.id == self._id)
            .values(seen_at=now)
            .returning(MailWorker.id)
        ).first()
        if seen is not None:
            return
        session.execute(
            delete(MailWorker).where(
                (MailWorker.seen_at < now - FORGOTTEN) | (MailWorker.seen_at > now + FORGOTTEN)
            )
        )
        session.add(
            MailWorker(
                id=self._id,
                host=socket.gethostname()[:253],
                pid=os.getpid(),
                process=self._process,
                started_at=self._started,
                seen_at=now,
                connections=self._holds,
            )
        )
        session.flush()


def live_workers(session: Session, now: datetime) -> tuple[LiveWorker, ...]:
    """The processes that deliver at this moment, the oldest first."""
    rows = _LIVE.all(session, now)
    return tuple(
        LiveWorker(row.host, row.pid, row.process, row.started_at, row.seen_at) for row in rows
    )


def _live(now: datetime) -> AnySelect:
    row = MailWorker
    return (
        select(row.host, row.pid, row.process, row.started_at, row.seen_at)
        .where(row.seen_at > now - STALE, row.seen_at <= now + AHEAD)
        .order_by(row.started_at, row.id)
    )


_LIVE = WrittenOnce(_live)  # every page of the console asks
