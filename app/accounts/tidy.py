"""Throws away what is counted for minutes only, and links, codes and sessions long past use.

Each room says in ``Runtime.outdated`` what of its tables is too old.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from app.accounts import devices, sessions
from app.accounts.lockout import DURATION
from app.accounts.models import (
    Code,
    HandedLink,
    KnownDevice,
    LoginGuard,
    MailIntent,
    Token,
    UserSession,
)
from app.database import Base
from app.in_steps import delete_some, in_steps
from app.moments import AtMostEvery, sql_not_after, sql_outside
from app.runtime import Outdated, Runtime
from app.throttle import Throttle

EVERY = timedelta(hours=1)
COUNTED_FOR = timedelta(days=1)
KEPT_FOR = timedelta(days=30)
SECONDS = 2.0  # for one table; what is left waits for the next hour


class Tidying:
    """A chore of the worker; it does something once an hour, a step at a time."""

    def __init__(self) -> None:
        self._hourly = AtMostEvery(EVERY)

    def __call__(self, runtime: Runtime) -> bool:
        now = runtime.now()
        if not self._hourly.is_time(now):
            return False
        for table, old in (each for room in runtime.outdated for each in room(now)):

            def step(
                session: Session, table: type[Base] = table, old: ColumnElement[bool] = old
            ) -> int:
                return delete_some(session, table, old)

            in_steps(runtime.database, step, seconds=SECONDS)
        return False


def outdated(now: datetime) -> list[Outdated]:
    """What nobody will ask accounts for any more."""
    unlocked = or_(
        LoginGuard.locked_until.is_(None), sql_not_after(LoginGuard.locked_until, now, DURATION)
    )
    return [
        (Throttle, sql_outside(Throttle.at, now, COUNTED_FOR)),
        (LoginGuard, sql_outside(LoginGuard.window_started_at, now, COUNTED_FOR) & unlocked),
        (Code, Code.expires_at < now - COUNTED_FOR),
        (Token, Token.expires_at < now - KEPT_FOR),
        (HandedLink, sql_outside(HandedLink.told_at, now, KEPT_FOR)),
        (UserSession, sessions.over(now, for_at_least=KEPT_FOR)),
        (MailIntent, sql_outside(MailIntent.set_aside_at, now, KEPT_FOR)),
        (KnownDevice, sql_outside(KnownDevice.last_used_at, now, devices.LIFETIME)),
    ]
