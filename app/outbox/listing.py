"""The list of the activity page: mails of the queue and test mails, in one order.

Both are read by key, a page's worth of each, and laid together by their moments. A cursor therefore
has two parts: how far the page has come in either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.mailer.models import MailTrial
from app.outbox import activity, listed_tests
from app.outbox.activity import Filter
from app.outbox.models import OutboxMessage

Row = OutboxMessage | MailTrial


@dataclass(frozen=True)
class Cursor:
    """The last mail (its public id) and the last test (its number) that were shown; empty where
    nothing was. Falsy when it says nothing."""

    mail: str = ""
    test: int | None = None

    def __bool__(self) -> bool:
        return bool(self.mail) or self.test is not None


@dataclass(frozen=True)
class Listed:
    """``newer`` and ``older`` are where the neighbouring pages go on, or ``None`` at an end."""

    rows: list[Row]
    newer: Cursor | None
    older: Cursor | None

    @property
    def mails(self) -> list[OutboxMessage]:
        return [row for row in self.rows if isinstance(row, OutboxMessage)]


def page(
    session: Session, wanted: Filter, *, before: Cursor | None = None, after: Cursor | None = None
) -> Listed:
    """One page, newest first: what is older than ``before``, or newer than ``after``."""
    if after:
        mails = activity.newer_than(session, wanted, after.mail)
        tests = listed_tests.newer_than(session, wanted, after.test)
        first = _laid_together(mails, tests, oldest_first=True)
        if first.shown:
            return Listed(
                first.shown[::-1],
                newer=first.last_shown(after) if first.more else None,
                older=first.before_the_rest(),
            )
    mails = activity.older_than(session, wanted, before.mail if before else "")
    tests = listed_tests.older_than(session, wanted, before.test if before else None)
    found = _laid_together(mails, tests, oldest_first=False)
    return Listed(
        found.shown,
        newer=found.before_the_rest() if before and found.shown else None,
        older=found.last_shown(before or Cursor()) if found.more else None,
    )


def total(session: Session, wanted: Filter) -> int:
    """How many there are of these, counted up to :data:`app.outbox.activity.COUNTED`."""
    number = activity.total(session, wanted) + listed_tests.total(session, wanted)
    return min(number, activity.COUNTED)


@dataclass(frozen=True)
class _Together:
    """``shown`` are the first ``m`` of the mails and the first ``t`` of the tests."""

    mails: Sequence[OutboxMessage]
    tests: Sequence[MailTrial]
    shown: list[Row]
    m: int
    t: int

    @property
    def more(self) -> bool:
        return self.m < len(self.mails) or self.t < len(self.tests)

    def last_shown(self, came_from: Cursor) -> Cursor:
        """Where the next page in this direction goes on."""
        return Cursor(
            self.mails[self.m - 1].public_id if self.m else came_from.mail,
            self.tests[self.t - 1].id if self.t else came_from.test,
        )

    def before_the_rest(self) -> Cursor:
        """Where a page in the other direction goes on. Of which nothing is shown, the first that
        was left out is the last one that was not seen yet."""
        return Cursor(
            self.mails[0].public_id if self.mails else "", self.tests[0].id if self.tests else None
        )


def _laid_together(
    mails: Sequence[OutboxMessage], tests: Sequence[MailTrial], *, oldest_first: bool
) -> _Together:
    shown: list[Row] = []
    m = t = 0
    while len(shown) < activity.PAGE and (m < len(mails) or t < len(tests)):
        if t == len(tests) or (
            m < len(mails) and (_moment(mails[m]) <= _moment(tests[t])) == oldest_first
        ):
            shown.append(mails[m])
            m += 1
        else:
            shown.append(tests[t])
            t += 1
    return _Together(mails, tests, shown, m, t)


def _moment(row: Row) -> datetime:
    return row.created_at if isinstance(row, OutboxMessage) else row.at
