"""Finds messages for the activity page, quickly also among a million.

Pages go by key and not by offset: the next page begins below the last row of this one. Each
filter has an index that ends in the row's id, so rows come in order and reading stops after a
page. When several filters are set, the one that selects least leads the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

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


def older_than(session: Session, wanted: Filter, public_id: str) -> Sequence[OutboxMessage]:
    """The newest, or those below a mail, from the newest on; one more than a page holds. A mail
    that is gone is none."""
    query = _query(session, wanted).order_by(Row.id.desc()).limit(PAGE + 1)
    if public_id and (cursor := _id_of(session, public_id)) is not None:
        query = query.where(Row.id < cursor)
    return session.scalars(query).all()


def newer_than(session: Session, wanted: Filter, public_id: str) -> Sequence[OutboxMessage]:
    """Those above a mail, or the oldest, from the oldest on; one more than a page holds."""
    query = _query(session, wanted).order_by(Row.id).limit(PAGE + 1)
    if public_id:
        cursor = _id_of(session, public_id)
        if cursor is None:
            return []
        query = query.where(Row.id > cursor)
    return session.scalars(query).all()


def total(session: Session, wanted: Filter) -> int:
    """How many there are of these, counted up to :data:`COUNTED`."""
    some = _query(session, wanted, in_order=False)
    some = some.with_only_columns(Row.id).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def ids(
    session: Session, wanted: Filter, possible: ColumnElement[bool], *, at_most: int
) -> list[int]:
    """The newest of these for which ``possible`` holds."""
    query = _query(session, wanted).with_only_columns(Row.id).where(possible)
    return list(session.scalars(query.order_by(Row.id.desc()).limit(at_most)))


def _id_of(session: Session, public_id: str) -> int | None:
    return session.scalar(select(Row.id).where(Row.public_id == public_id[:32]))


def _query(session: Session, wanted: Filter, *, in_order: bool = True) -> Any:
    query = select(Row).where(*_bounds(session, wanted))
    parts = _parts(wanted)
    if parts and session.get_bind().dialect.name == "sqlite":
        return query.where(*_led_by_the_rarest(session, parts, in_order=in_order))
    return query.where(*(part.condition for part in parts))


@dataclass(frozen=True)
class _Part:
    """``by_id``: what its index finds comes in the order of ids."""

    condition: ColumnElement[bool]
    by_id: bool = True


def _parts(wanted: Filter) -> list[_Part]:
    parts: list[_Part] = []
    if wanted.state in STATES:
        several = wanted.state == "held" and wanted.all_held
        parts.append(_Part(_in_state(wanted.state, wanted.all_held), by_id=not several))
    if wanted.kind:
        parts.append(_Part(Row.kind == wanted.kind))
    if wanted.recipient:
        begins = is_beginning(wanted.recipient)
        parts.append(_Part(of_recipient(wanted.recipient, Row), by_id=not begins))
    return parts


def is_beginning(text: str) -> bool:
    """Whether what was typed can only be how an address begins: it names no domain."""
    return "@" not in text and "." not in text.strip()


def of_recipient(text: str, row: Any) -> ColumnElement[bool]:
    """Whether a row's recipient is that address, begins so, or is of that domain. ``row`` has the
    columns ``rcpt_key`` and ``rcpt_domain``."""
    domain = text.strip().removeprefix("@")
    if is_beginning(text):
        start = domain.lower()  # a range, which the index of the column finds
        return and_(row.rcpt_key >= start, row.rcpt_key < start + LAST)
    key = domain.lower()
    if "@" not in domain:
        return cast(ColumnElement[bool], row.rcpt_domain == _ascii_domain(domain))
    with suppress(AddressError):
        key = Address.parse(domain).key
    return cast(ColumnElement[bool], row.rcpt_key == key)


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
    session: Session, parts: list[_Part], *, in_order: bool
) -> list[ColumnElement[bool]]:
    """On SQLite, keep the planner from any index but that of the filter that selects least.

    Where rows are wanted in order and even that one selects many, whose index gives them in another
    order, all of them would be sorted for one page: then the newest are looked at one by one.
    PostgreSQL keeps statistics and decides by itself.
    """
    if len(parts) == 1 and (parts[0].by_id or not in_order):
        return [parts[0].condition]
    found = [(_sampled(session, part.condition), part) for part in parts]
    found.sort(key=lambda one: one[0])
    (least, first), others = found[0], [part for _, part in found[1:]]
    if in_order and not first.by_id and least == SAMPLE:
        others = [first, *others]
        return [_without_index(part.condition) for part in others]
    return [first.condition, *(_without_index(part.condition) for part in others)]


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
