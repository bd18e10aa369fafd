"""Finds messages for the activity page, quickly also among a million.

Pages go by key and not by offset: the next page begins below the last row of this one. Each
filter has an index that ends in the row's id, so rows come in order and reading stops after a
page. When several filters are set, the one that selects least leads the search.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, false, func, literal_column, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from app.mail.addresses import Address, AddressError
from app.outbox.models import Ended, OutboxMessage, State

PAGE = 50
COUNTED = 10_000
"""A total stops here: nobody reads a difference beyond it."""
SAMPLE = 5_000
"""Rows counted per filter to tell which one selects least."""

LAST = "\U0010ffff"
"""Follows every sign that an address holds."""

Row = OutboxMessage

STATES = {
    "queued": "Queued",
    "retried": "Being tried again",
    "held": "Held",
    "sending": "Being sent",
    "sent": "Sent",
    "failed": "Failed",
    "expired": "Expired",
    "withdrawn": "Withdrawn",
    "cancelled": "Cancelled",
}
"""What the page lets one choose: the states as people see them, see :mod:`app.outbox.labels`."""


def _in_state(name: str, all_held: bool) -> ColumnElement[bool]:
    """``all_held``: nothing that is queued goes out at the moment, so it counts as held."""
    queued = Row.state == State.QUEUED
    match name:
        case "held":
            kept = (State.HELD, State.QUEUED) if all_held else (State.HELD,)
            return Row.state.in_(kept)
        case "queued":
            return false() if all_held else and_(queued, Row.last_code.is_(None))
        case "retried":
            return false() if all_held else and_(queued, Row.last_code.is_not(None))
        case "expired" | "withdrawn":
            return and_(Row.state == State.CANCELLED, Row.ended_because == Ended(name))
        case "cancelled":
            other = Row.ended_because.not_in((Ended.EXPIRED, Ended.WITHDRAWN))
            return and_(Row.state == State.CANCELLED, other)
    return Row.state == State(name)


@dataclass(frozen=True)
class Filter:
    """Empty parts do not narrow. ``recipient`` is an address, its beginning, or a domain, and
    ``all_held`` says that whatever is queued is held at the moment."""

    state: str = ""
    kind: str = ""
    recipient: str = ""
    since: datetime | None = None
    until: datetime | None = None
    all_held: bool = False


@dataclass(frozen=True)
class Page:
    """``newer`` and ``older`` name the row from which the neighbouring page goes on."""

    messages: list[OutboxMessage]
    newer: str | None
    older: str | None


def page(session: Session, wanted: Filter, *, before: str = "", after: str = "") -> Page:
    """One page, newest first: what is older than the row ``before``, or newer than ``after``."""
    if after and (cursor := _id_of(session, after)) is not None:
        query = _query(session, wanted).where(Row.id > cursor).order_by(Row.id).limit(PAGE + 1)
        rows = list(session.scalars(query))
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        if rows:
            return Page(rows, rows[0].public_id if more else None, rows[-1].public_id)
    query = _query(session, wanted).order_by(Row.id.desc()).limit(PAGE + 1)
    if before and (cursor := _id_of(session, before)) is not None:
        query = query.where(Row.id < cursor)
    else:
        before = ""
    rows = list(session.scalars(query))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return Page(
        rows,
        rows[0].public_id if rows and before else None,
        rows[-1].public_id if more else None,
    )


def total(session: Session, wanted: Filter) -> int:
    """How many there are of these, counted up to :data:`COUNTED`."""
    some = _query(session, wanted).with_only_columns(Row.id).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def ids(
    session: Session, wanted: Filter, possible: ColumnElement[bool], *, at_most: int
) -> list[int]:
    """The newest of these for which ``possible`` holds."""
    query = _query(session, wanted).with_only_columns(Row.id).where(possible)
    return list(session.scalars(query.order_by(Row.id.desc()).limit(at_most)))


def _id_of(session: Session, public_id: str) -> int | None:
    return session.scalar(select(Row.id).where(Row.public_id == public_id[:32]))


def _query(session: Session, wanted: Filter) -> Any:
    query = select(Row).where(*_bounds(session, wanted))
    filters = _filters(wanted)
    if len(filters) > 1:
        filters = _led_by_the_rarest(session, filters)
    return query.where(*filters)


def _filters(wanted: Filter) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if wanted.state in STATES:
        filters.append(_in_state(wanted.state, wanted.all_held))
    if wanted.kind:
        filters.append(Row.kind == wanted.kind)
    if wanted.recipient:
        filters.append(_recipient(wanted.recipient))
    return filters


def _recipient(text: str) -> ColumnElement[bool]:
    domain = text.strip().removeprefix("@")
    if "@" not in text and "." not in domain:
        start = domain.lower()  # a range, which the index of the column finds
        return and_(Row.rcpt_key >= start, Row.rcpt_key < start + LAST)
    if "@" not in domain:
        return Row.rcpt_domain == _ascii_domain(domain)
    try:
        return Row.rcpt_key == Address.parse(domain).key
    except AddressError:
        return Row.rcpt_key == domain.lower()


def _ascii_domain(domain: str) -> str:
    try:
        return Address.parse(f"x@{domain}").domain
    except AddressError:
        return domain.lower()


def _bounds(session: Session, wanted: Filter) -> list[ColumnElement[bool]]:
    """Times as bounds of the id: rows are numbered as they are made, give or take a second."""
    bounds: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        first = session.scalar(
            select(Row.id)
            .where(Row.created_at >= wanted.since)
            .order_by(Row.created_at, Row.id)
            .limit(1)
        )
        bounds.append(Row.id >= (first if first is not None else 2**62))
    if wanted.until is not None:
        last = session.scalar(
            select(Row.id)
            .where(Row.created_at < wanted.until)
            .order_by(Row.created_at.desc(), Row.id.desc())
            .limit(1)
        )
        bounds.append(Row.id <= (last if last is not None else 0))
    return bounds


def _led_by_the_rarest(
    session: Session, filters: list[ColumnElement[bool]]
) -> list[ColumnElement[bool]]:
    """On SQLite, keep the planner from any index but that of the filter that selects least.

    PostgreSQL keeps statistics and decides by itself.
    """
    if session.get_bind().dialect.name != "sqlite":
        return filters
    ordered = sorted(filters, key=lambda condition: _sampled(session, condition))
    return [ordered[0], *(_without_index(condition) for condition in ordered[1:])]


def _sampled(session: Session, condition: ColumnElement[bool]) -> int:
    some = select(Row.id).where(condition).limit(SAMPLE).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _without_index(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition on ``+column``, which SQLite computes instead of looking it up."""

    def computed(element: Any, **_: Any) -> Any:
        if getattr(element, "table", None) is not None and hasattr(element, "name"):
            return literal_column(f"+outbox_messages.{element.name}", String())
        return None

    return visitors.replacement_traverse(condition, {}, computed)
