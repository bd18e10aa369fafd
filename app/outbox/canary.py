"""The thread that looks at the relay when nothing was sent for an hour, and the daily mail.

It runs where mail is delivered from: only there does the look say anything about delivering. In a
thread of its own, so that a relay that hangs delays no mail.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from app.mail.addresses import Address
from app.mailer import canary
from app.mailer.active import active_mailer
from app.mailer.health import look as health_of
from app.mailer.models import MailCanary
from app.moments import sql_outside, within
from app.outbox.aside import Chores
from app.outbox.queue import enqueue
from app.runtime import Runtime

LOOK_EVERY = 30.0
"""Seconds between looks at whether it is time."""

DAILY = timedelta(hours=24)

LASTS = timedelta(hours=12)
"""A daily mail that could not be sent for so long is not sent any more: the next one is due."""

KIND = "canary"
STANDS = "canary"


class CanaryThread:
    """One for each process that delivers; the database decides which of them looks."""

    def __init__(self, runtime: Runtime, *, look_every: float = LOOK_EVERY) -> None:
        self._runtime = runtime
        self._look_every = look_every
        self._chores = Chores()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="canary", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _run(self) -> None:
        while not self._stopping.wait(self._look_every):
            self._chores.run(
                (
                    ("outbox.canary.look", lambda: canary.run(self._runtime)),
                    ("outbox.canary.mail", lambda: queue_daily_mail(self._runtime)),
                )
            )


def queue_daily_mail(runtime: Runtime) -> bool:
    """Queue the day's mail if an address is given and it is time; whether it was queued."""
    now = runtime.now()
    with runtime.database.session(reading=True) as session:
        if not _mail_is_due(session, runtime, now):
            return False
    with runtime.database.transaction() as session:
        to = session.scalar(
            update(MailCanary)
            .where(
                MailCanary.id == 1,
                MailCanary.mail_to.is_not(None),
                or_(MailCanary.mail_at.is_(None), sql_outside(MailCanary.mail_at, now, DAILY)),
            )
            .values(mail_at=now)
            .returning(MailCanary.mail_to)
            .execution_options(synchronize_session=False)
        )
        if to is None or not _may_mail(session, runtime):
            return False
        enqueue(
            session,
            runtime,
            kind=KIND,
            to=Address.parse(to),
            context={"at": now, "next_at": now + DAILY},
            expires_at=now + LASTS,
            stands_on=f"{STANDS}:1",
        )
    return True


def _mail_is_due(session: Session, runtime: Runtime, now: datetime) -> bool:
    row = canary.row_of(session)
    if row.mail_to is None or within(row.mail_at, now, DAILY):
        return False
    return _may_mail(session, runtime)


def _may_mail(session: Session, runtime: Runtime) -> bool:
    """Never while mail is paused, or goes nowhere."""
    active, health = active_mailer(session, runtime), health_of(session)
    return (
        active is not None
        and active.delivers
        and active.problem is None
        and health.paused_at is None
        and runtime.box.ring.usable
    )


def still_wanted(session: Session, _which: str, _now: datetime) -> bool:
    """Whether somebody still wants a daily mail when its turn comes."""
    row = session.get(MailCanary, 1, populate_existing=True)
    return row is not None and row.mail_to is not None
