"""What becomes of a message that was just taken: a claim on it, or it is put down again.

It is asked again whether it may still go out: it may have run out, been withdrawn, or lost its key
since it was queued.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, update
from sqlalchemy.orm import Session

from app.crypto.box import SealBroken, SealedBox
from app.mail.message import with_sender
from app.mail.transport import Envelope
from app.mailer.active import ActiveMailer
from app.moments import alive
from app.outbox.kinds import ORDINARY
from app.outbox.models import Ended, OutboxMessage, State
from app.outbox.retry import KEEP_FAILED, kept_until
from app.runtime import Runtime
from app.sealing import OUTBOX_BYTES

UNREADABLE_FOR = timedelta(minutes=5)
"""How long a message rests whose key is missing: the key may come back."""

MANY_CLAIMS = 10
"""Claims of one message that nobody settled: it seems to kill those who try."""

NOBODY_CAME_BACK = "ten workers took it and none came back"
UNREADABLE = "its contents do not open with the key they name"

_NOTHING_ASKED: Mapping[str, bool] = MappingProxyType({})

log = logging.getLogger("novantra.outbox")


@dataclass(frozen=True)
class Claim:
    """One message in this worker's hands. Its bytes stay out of every ``repr``."""

    id: int
    public_id: str
    kind: str
    label: str
    envelope: Envelope
    message_id: str
    content: bytes = field(repr=False)
    fence: int
    attempts: int
    expires_at: datetime | None
    active: ActiveMailer = field(repr=False)
    forgiven: int = 0
    lane: int = ORDINARY
    correlation_id: str | None = None


def claimed(
    session: Session,
    runtime: Runtime,
    active: ActiveMailer,
    row: Row[Any],
    now: datetime,
    standing: Mapping[str, bool] = _NOTHING_ASKED,
    box: SealedBox | None = None,
) -> Claim | None:
    """The claim on a row that was just taken, or ``None`` when it must not or cannot be sent.

    ``standing``: what was asked for several together, see :func:`that_stand`. ``box``: the keys as
    they were looked at for several together.
    """
    if row.expires_at is not None and not alive(row.created_at, row.expires_at, now):
        _cancel(session, row.id, Ended.EXPIRED, now)
        return None
    if row.fence - row.attempts - row.forgiven > MANY_CLAIMS:
        until = kept_until(row.expires_at, now)
        reason = row.set_aside_because or NOBODY_CAME_BACK
        set_aside(session, row.id, reason, now, until=until, ended_because=Ended.GAVE_UP)
        return None
    if not _still_stands(session, runtime, row, now, standing):
        _cancel(session, row.id, Ended.WITHDRAWN, now)
        return None
    try:
        if row.sealed_bytes is None:
            raise SealBroken("a message that waits has no contents")
        content = (box or runtime.box).open(row.sealed_bytes, OUTBOX_BYTES.place_in(row))
    except SealBroken as broken:
        if not _key_may_come_back(runtime, row.sealed_bytes):
            set_aside(session, row.id, UNREADABLE, now, until=kept_until(row.expires_at, now))
            return None
        log.error("message waits for its key: %s", broken)
        _put_down(
            session, row.id, state=State.QUEUED, due_at=now + UNREADABLE_FOR, fence=row.fence - 1
        )
        return None
    if row.mail_from != active.sender_address:
        content = _from_the_new_sender(session, runtime, active, row, content)
    return Claim(
        id=row.id,
        public_id=row.public_id,
        kind=row.kind,
        label=row.label,
        envelope=Envelope(active.sender_address, row.rcpt_to),
        message_id=row.message_id,
        content=content,
        fence=row.fence,
        attempts=row.attempts,
        expires_at=row.expires_at,
        active=active,
        forgiven=row.forgiven,
        lane=row.lane,
        correlation_id=row.correlation_id,
    )


def _from_the_new_sender(
    session: Session, runtime: Runtime, active: ActiveMailer, row: Row[Any], content: bytes
) -> bytes:
    """The message with the sender that is configured now, stored so for every later attempt.

    A relay that refuses the sender pauses all mail until another one is saved: what was queued
    before must go out from that one, or it would bring about the next pause.
    """
    changed = with_sender(content, name=active.sender_name, address=active.sender_address)
    place = OUTBOX_BYTES.place_in(row)
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == row.id)
        .values(
            mail_from=active.sender_address,
            sealed_bytes=runtime.box.seal(changed, place, packed=True),
            size=len(changed),
        )
        .execution_options(synchronize_session=False)
    )
    return changed


def that_stand(
    session: Session, runtime: Runtime, rows: Sequence[Row[Any]], now: datetime
) -> dict[str, bool]:
    """For what can be asked of several together: by ``stands_on``, whether it still holds."""
    asked: dict[str, list[str]] = {}
    for row in rows:
        kind, _, which = (row.stands_on or "").partition(":")
        if kind in runtime.still_stand:
            asked.setdefault(kind, []).append(which)
    found: dict[str, bool] = {}
    for kind, some in asked.items():
        holds = runtime.still_stand[kind](session, some, now)
        found.update({f"{kind}:{which}": which in holds for which in some})
    return found


def _still_stands(
    session: Session,
    runtime: Runtime,
    row: Row[Any],
    now: datetime,
    standing: Mapping[str, bool],
) -> bool:
    """Whether what the message says still holds. What was right when it was queued may have been
    revoked, used or taken away since; then it must not arrive."""
    if row.stands_on is None:
        return True
    if row.stands_on in standing:
        return standing[row.stands_on]
    kind, _, which = row.stands_on.partition(":")
    return runtime.still_stands[kind](session, which, now)


def _key_may_come_back(runtime: Runtime, sealed: str | None) -> bool:
    """Whether a body that does not open waits for a key. With its key at hand it is damaged."""
    if not sealed or sealed.count(":") < 2:
        return False
    return runtime.box.ring.find(runtime.box.key_id_of(sealed)) is None


def set_aside(
    session: Session,
    message_id: int,
    reason: str,
    now: datetime,
    *,
    until: datetime | None = None,
    **also: object,
) -> None:
    """End a message that cannot be worked on. It is failed mail with a reason, which a person
    may send again or cancel; ``until`` says how long its body stays."""
    log.error("a message is set aside: %s", reason, extra={"mail_id": message_id})
    values = {
        "state": State.FAILED,
        "ended_because": Ended.SET_ASIDE,
        "set_aside_because": reason,
        "finished_at": now,
        "bytes_until": until or now + KEEP_FAILED,
    }
    _put_down(session, message_id, **(values | also))


def _cancel(session: Session, message_id: int, why: Ended, now: datetime) -> None:
    values = {"ended_because": why, "finished_at": now, "sealed_bytes": None}
    _put_down(session, message_id, state=State.CANCELLED, **values)


def _put_down(session: Session, message_id: int, **values: object) -> None:
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id)
        .values(lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )
