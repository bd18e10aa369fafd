"""One mail on its way out, the same for the queue and for a test: composed, then attempted.

The queue composes when a mail is asked for and attempts whenever its turn comes; a test does both
at once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from app.mail.compose import Composed, Written, write
from app.mail.content import content_of
from app.mail.failures import Failure
from app.mail.message import MessageParts, build, new_message_id
from app.mail.transport import (
    Ahead,
    Envelope,
    Receipt,
    Transport,
    TransportError,
    that_tells_ahead,
)


class From(Protocol):
    """Whom a mail is from: the configuration that is in use, or what is known of it."""

    @property
    def sender_address(self) -> str: ...
    @property
    def sender_name(self) -> str: ...


@dataclass(frozen=True)
class OutgoingMail:
    """The bytes of a mail (RFC 5322), and what it is known by. Links and codes stay out of every
    ``repr``."""

    subject: str
    message_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Attempt:
    """What came back, or was raised, and how long it took."""

    answer: Receipt | TransportError
    duration_ms: int

    @property
    def failure(self) -> Failure | None:
        """Why it was not sent, if it was not."""
        return self.answer.failure if isinstance(self.answer, TransportError) else None

    @property
    def receipt(self) -> Receipt | None:
        """What the relay said to it, if it took it."""
        return self.answer if isinstance(self.answer, Receipt) else None


def compose_mail(
    sender: From,
    template: str,
    values: Mapping[str, object],
    *,
    to: str,
    at: datetime,
    zone: ZoneInfo,
) -> OutgoingMail:
    """The mail of a template from the configured sender, with a Message-ID of its own.

    :param to: the recipient, a normalised address
    :param at: aware; the mail's ``Date``
    :param zone: the recipient's, in which it says times
    """
    written = write(template, {**values, "zone": zone, "written_at": at})
    return _as_sent(sender, written, to=to, at=at)


def as_sent(sender: From, words: Composed, *, to: str, at: datetime) -> OutgoingMail:
    """Those words as a message, with a Message-ID of its own."""
    written = Written(words.subject, content_of(words.text, words.html))
    return _as_sent(sender, written, to=to, at=at)


def _as_sent(sender: From, written: Written, *, to: str, at: datetime) -> OutgoingMail:
    message_id = new_message_id(sender.sender_address)
    content = build(
        MessageParts(
            sender_address=sender.sender_address,
            sender_name=sender.sender_name,
            recipient=to,
            subject=written.subject,
            content=written.content,
            message_id=message_id,
            date=at,
        )
    )
    return OutgoingMail(written.subject, message_id, content)


def attempt(
    transport: Transport,
    envelope: Envelope,
    content: bytes,
    *,
    kind: str,
    subject: str,
    message_id: str,
    ahead: Ahead | None = None,
) -> Attempt:
    """Hand a mail over once. A refusal is an answer; any other error is a fault and is raised.

    With no transaction open: it lasts as long as the relay takes.

    :param ahead: what comes next, for a transport that tells its relay so
    """
    began = time.monotonic()
    send = transport.send
    if ahead is not None and (telling := that_tells_ahead(transport)) is not None:
        send = partial(telling.send, ahead=ahead)
    answer: Receipt | TransportError
    try:
        answer = send(envelope, content, kind=kind, subject=subject, message_id=message_id)
    except TransportError as error:
        answer = error
    return Attempt(answer, round((time.monotonic() - began) * 1000))
