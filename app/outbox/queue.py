"""Puts mails into the queue, in the transaction of the decision that causes them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import correlation
from app.crypto.box import SealedBox
from app.mail.addresses import Address
from app.mail.compose import Prose
from app.mailer.outgoing import compose_mail
from app.mailer.writing import Writing, writing
from app.many_rows import ManyRows
from app.outbox.kinds import MAILS
from app.outbox.models import MESSAGES, State
from app.outbox.wakeup import waker_of
from app.runtime import Runtime
from app.sealing import OUTBOX_BYTES
from app.zones import first_known

_WRITTEN = ManyRows(MESSAGES)


@dataclass(frozen=True)
class Letter:
    """One mail to one recipient, before it is written. Its values stay out of every ``repr``.

    :param kind: one of :data:`app.outbox.kinds.MAILS`
    :param context: the values of its templates; ``product``, ``access_url``, ``access_host``,
        ``host`` and ``sender_name`` are always there
    :param label: what the activity page calls it: nothing secret; by default the kind's label
    :param expires_at: when its link or code runs out: it is never sent after that
    :param stands_on: what must still hold when it is sent, as ``kind:which`` with a kind of
        ``Runtime.still_stands``; it is withdrawn instead when that was revoked, used or replaced
    :param time_zone: the name of the recipient's own zone, if they have an account and chose one;
        else the mail says times in the install's
    """

    kind: str
    to: Address
    context: Mapping[str, object] = field(repr=False)
    label: str | None = None
    expires_at: datetime | None = None
    stands_on: str | None = field(default=None, repr=False)
    time_zone: str | None = None


def enqueue(
    session: Session,
    runtime: Runtime,
    *,
    kind: str,
    to: Address,
    context: Mapping[str, object],
    label: str | None = None,
    expires_at: datetime | None = None,
    stands_on: str | None = None,
    time_zone: str | None = None,
) -> str:
    """Write one mail, see :class:`Letter` and :func:`enqueue_all`; the ``public_id`` of its row."""
    letter = Letter(kind, to, context, label, expires_at, stands_on, time_zone)
    return enqueue_all(session, runtime, [letter])[0]


def enqueue_all(session: Session, runtime: Runtime, letters: Sequence[Letter]) -> list[str]:
    """Write mails; they are committed or rolled back with the caller's work. Their ``public_id``.

    Everything about a mail is fixed here: envelope, Message-ID and bytes are made once and every
    attempt sends the same, but for the sender if another one is configured while it waits. The
    bytes are sealed for their row.

    :raises MailPending: no mail configuration exists, so nothing was written
    :raises KeysUnusable: the install has no key to seal it with, so nothing was written
    """
    if not letters:
        return []
    seen, now = writing(session, runtime), runtime.now()
    box = runtime.box.for_many()
    rows = [_row(box, seen, letter, now) for letter in letters]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    _WRITTEN.insert(
        session.connection(),
        columns,
        state=str(State.HELD if seen.paused else State.QUEUED),
        mail_from=seen.sender_address,
        created_at=now,
        due_at=now,
        correlation_id=correlation.current(),
    )
    waker_of(runtime.wake_worker).after(session)
    return columns["public_id"]


def _row(box: SealedBox, seen: Writing, letter: Letter, now: datetime) -> dict[str, Any]:
    """What a mail does not have in common with the others of its transaction."""
    mail, to = MAILS[letter.kind], letter.to
    host = Prose(seen.links.host)
    composed = compose_mail(
        seen,
        mail.template,
        {
            "product": "Novantra",
            "access_url": seen.links.base,
            "access_host": host,
            "host": host,
            "sender_name": seen.sender_name,
            **letter.context,
        },
        to=to.text,
        at=now,
        zone=first_known(letter.time_zone, seen.time_zone),
    )
    public_id = secrets.token_hex(16)
    place = OUTBOX_BYTES.place(public_id, rcpt_to=to.text, kind=mail.name)
    return {
        "public_id": public_id,
        "kind": mail.name,
        "lane": mail.lane,
        "label": (letter.label or mail.label)[:200],
        "rcpt_to": to.text,
        "rcpt_key": to.key,
        "rcpt_domain": to.domain,
        "message_id": composed.message_id,
        "size": len(composed.content),
        "sealed_bytes": box.seal(composed.content, place, packed=True),
        "expires_at": letter.expires_at,
        "stands_on": letter.stands_on,
    }
