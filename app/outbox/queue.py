"""Puts a mail into the queue, in the transaction of the decision that causes it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app import correlation
from app.install.service import links
from app.mail.addresses import Address
from app.mail.compose import Prose
from app.mailer.active import MailPending, active_mailer
from app.mailer.outgoing import compose_mail
from app.outbox.breaker import is_paused
from app.outbox.kinds import MAILS
from app.outbox.models import OutboxMessage, State
from app.outbox.wakeup import waker_of
from app.runtime import Runtime
from app.sealing import OUTBOX_BYTES


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
) -> OutboxMessage:
    """Write one mail to one recipient; it is committed or rolled back with the caller's work.

    Everything about it is fixed here: envelope, Message-ID and bytes are made once and every
    attempt sends the same, but for the sender if another one is configured while it waits. The
    bytes are sealed for their row.

    :param kind: one of :data:`app.outbox.kinds.MAILS`
    :param context: the values of its templates; ``product``, ``access_url``, ``access_host``,
        ``host`` and ``sender_name`` are always there
    :param label: what the activity page calls it: nothing secret; by default the kind's label
    :param expires_at: when its link or code runs out: it is never sent after that
    :param stands_on: what must still hold when it is sent, as ``kind:which`` with a kind of
        ``Runtime.still_stands``; it is withdrawn instead when that was revoked, used or replaced
    :raises MailPending: no mail configuration exists, so nothing was written
    :raises KeysUnusable: the install has no key to seal it with, so nothing was written
    """
    mail = MAILS[kind]
    active = active_mailer(session, runtime)
    if active is None:
        raise MailPending
    now = runtime.now()
    base = links(session, runtime.config)
    composed = compose_mail(
        active,
        mail.template,
        {
            "product": "Novantra",
            "access_url": base.base,
            "access_host": Prose(base.host),
            "host": Prose(base.host),
            "sender_name": active.sender_name,
            **context,
        },
        to=to.text,
        at=now,
    )
    public_id = secrets.token_hex(16)
    message = OutboxMessage(
        public_id=public_id,
        kind=mail.name,
        lane=mail.lane,
        state=State.HELD if is_paused(session) else State.QUEUED,
        label=(label or mail.label)[:200],
        mail_from=active.sender_address,
        rcpt_to=to.text,
        rcpt_key=to.key,
        rcpt_domain=to.domain,
        message_id=composed.message_id,
        size=len(composed.content),
        sealed_bytes=runtime.box.seal(
            composed.content, OUTBOX_BYTES.place(public_id, rcpt_to=to.text, kind=mail.name)
        ),
        created_at=now,
        due_at=now,
        expires_at=expires_at,
        stands_on=stands_on,
        correlation_id=correlation.current(),
    )
    session.add(message)
    session.flush()
    waker_of(runtime.wake_worker).after(session)
    return message
