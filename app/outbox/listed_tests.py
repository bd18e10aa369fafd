"""Test mails under the filter of the activity page: they were sent at once, through no queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.mailer.models import MailTrial
from app.mailer.test_mail import KIND
from app.mailer.trials import TEST
from app.outbox import activity
from app.outbox.activity import Filter, of_recipient

LABEL = "Test mail"

Row = MailTrial


def older_than(session: Session, wanted: Filter, test: int | None) -> Sequence[MailTrial]:
    """The newest, or those below a test, and one more than a page holds."""
    query = _query(wanted)
    if query is None:
        return []
    if test is not None:
        query = query.where(Row.id < test)
    return session.scalars(query.order_by(Row.id.desc()).limit(activity.PAGE + 1)).all()


def newer_than(session: Session, wanted: Filter, test: int | None) -> Sequence[MailTrial]:
    """Those above a test, or the oldest, from the oldest on."""
    query = _query(wanted)
    if query is None:
        return []
    return session.scalars(
        query.where(Row.id > (test or 0)).order_by(Row.id).limit(activity.PAGE + 1)
    ).all()


def total(session: Session, wanted: Filter) -> int:
    query = _query(wanted)
    if query is None:
        return 0
    some = query.with_only_columns(Row.id).limit(activity.COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _query(wanted: Filter) -> Any:
    """Nothing where the filter asks for what no test can be."""
    if wanted.kind not in {"", KIND} or wanted.state not in {"", "sent", "failed"}:
        return None
    return select(Row).where(Row.what == TEST, *_conditions(wanted))


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state:
        found.append(Row.code.is_(None) if wanted.state == "sent" else Row.code.is_not(None))
    if wanted.recipient:
        found.append(of_recipient(wanted.recipient, Row))
    if wanted.since is not None:
        found.append(Row.at >= wanted.since)
    if wanted.until is not None:
        found.append(Row.at < wanted.until)
    return found
