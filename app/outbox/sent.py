"""Writes down mails that a relay took, a group at once: the row of each, and its attempt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Integer,
    String,
    bindparam,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    text,
    update,
)
from sqlalchemy.types import TypeEngine

from app.database import UtcDateTime
from app.flights import Ready
from app.mailer.failure_columns import answer_in
from app.mailer.outgoing import Attempt
from app.outbox.models import ATTEMPTS, MESSAGES
from app.outbox.taken import Claim

Sent = tuple[Claim, Attempt]
"""A message that the relay took."""


def write_sent(connection: Connection, sent: Sequence[Sent], now: datetime) -> list[Sent]:
    """Those of which the claim is still the newest, and was not settled before. Nobody else can
    settle or take them until the transaction ends."""
    rows = [noted(claim, tried) for claim, tried in sent]
    if connection.dialect.name == "postgresql":
        lists: dict[str, object] = {name: as_list(row[name] for row in rows) for name in _IN_LISTS}
        found = {row.message_id for row in _ALL.run(connection, lists | {"now": now}).rows}
        return [(claim, tried) for claim, tried in sent if claim.id in found]
    changed = _EACH.each(connection, {"now": now}, rows)
    kept = [place for place, number in enumerate(changed) if number]
    NOTE.each(connection, {"now": now}, [rows[place] for place in kept])
    return [sent[place] for place in kept]


def noted(claim: Claim, tried: Attempt) -> dict[str, object]:
    """What :data:`NOTE` takes of an attempt, beside the present moment."""
    return {
        "claimed_id": claim.id,
        "claimed_fence": claim.fence,
        "claimed_attempts": claim.attempts,
        "took_ms": tried.duration_ms,
        **answer_in("said_", tried.failure or tried.receipt),
    }


def as_list(values: Iterable[object]) -> str:
    """Numbers, words of a relay's answer, or nothing, as PostgreSQL takes a list in one value."""
    return "{" + ",".join(["NULL" if each is None else f'"{each}"' for each in values]) + "}"


_ROW = MESSAGES.c
# Only the newest claim may settle, and once: an older fence finds no row, and neither does a
# number of attempts that was counted up already. A claim whose lease ran out may still settle
# while nobody took the message since: what the relay said is true, and a second copy is avoided.
UNSETTLED = text("state IN ('sending', 'queued', 'held')")
_NOW = bindparam("now", type_=UtcDateTime)
_SENT: dict[str, Any] = {
    "state": literal("sent"),
    "sealed_bytes": null(),
    "sent_at": _NOW,
    "finished_at": _NOW,
    "attempts": _ROW.attempts + 1,
    "lease_until": null(),
    "last_code": null(),
    "last_phase": null(),
    "set_aside_because": null(),
}
_EACH = Ready(
    sqlite=update(MESSAGES)
    .where(
        _ROW.id == bindparam("claimed_id"),
        _ROW.fence == bindparam("claimed_fence"),
        _ROW.attempts == bindparam("claimed_attempts"),
        UNSETTLED,
    )
    .values(
        **_SENT,
        last_reply_code=bindparam("said_reply_code"),
        last_enhanced_code=bindparam("said_enhanced_code"),
    )
)
NOTE = Ready(
    insert(ATTEMPTS)
    .inline()
    .values(
        message_id=bindparam("claimed_id"),
        at=_NOW,
        phase=bindparam("said_phase"),
        code=bindparam("said_code"),
        reply_code=bindparam("said_reply_code"),
        enhanced_code=bindparam("said_enhanced_code"),
        duration_ms=bindparam("took_ms"),
    )
)
_IN_LISTS: dict[str, TypeEngine[Any]] = {
    "claimed_id": BigInteger(),
    "claimed_fence": Integer(),
    "claimed_attempts": Integer(),
    "took_ms": Integer(),
    "said_reply_code": Integer(),
    "said_enhanced_code": String(),
}


def _all_at_once() -> Ready:
    """Locked in the order of their ids, as everybody who changes several does."""
    lists = (cast(bindparam(name, type_=String()), ARRAY(kind)) for name, kind in _IN_LISTS.items())
    given = func.unnest(*lists).table_valued(*_IN_LISTS, name="given").render_derived()
    newest = (
        select(_ROW.id, *(given.c[name] for name in list(_IN_LISTS)[3:]))
        .join_from(MESSAGES, given, _ROW.id == given.c.claimed_id)
        .where(
            _ROW.fence == given.c.claimed_fence,
            _ROW.attempts == given.c.claimed_attempts,
            UNSETTLED,
        )
        .order_by(_ROW.id)
        .with_for_update(of=MESSAGES)
        .cte("newest")
    )
    said = newest.c.said_reply_code, newest.c.said_enhanced_code
    sent = (
        update(MESSAGES)
        .where(_ROW.id == newest.c.id)
        .values(**_SENT, last_reply_code=said[0], last_enhanced_code=said[1])
        .returning(_ROW.id, *said, newest.c.took_ms)
        .cte("sent")
    )
    noted = insert(ATTEMPTS).from_select(
        ["message_id", "at", "reply_code", "enhanced_code", "duration_ms"],
        select(sent.c.id, _NOW, sent.c.said_reply_code, sent.c.said_enhanced_code, sent.c.took_ms),
    )
    return Ready(postgresql=noted.returning(ATTEMPTS.c.message_id))


_ALL = _all_at_once()
