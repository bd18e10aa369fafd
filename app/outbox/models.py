"""A mail as a row, its states and its attempts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    TextClause,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, RowId, UtcDateTime
from app.mail.failures import Failure
from app.mailer.failure_columns import failure_in


class State(StrEnum):
    """``queued → sending → sent | failed``; ``held`` while mail is paused; ``cancelled``.

    ``failed`` is dead mail that a person may send again. ``cancelled`` is mail that nobody wants
    any more: its link or code ran out, or an administrator said so.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"


class Ended(StrEnum):
    """Why a message reached ``failed`` or ``cancelled``."""

    EXPIRED = "expired"
    """Cancelled: its link or code ran out before it could be sent."""
    BY_HAND = "by_hand"
    """Cancelled by an administrator."""
    REJECTED = "rejected"
    """Failed: the relay refuses this message or this recipient for good."""
    NO_TIME_LEFT = "no_time_left"
    """Failed: the next attempt would have come after its link or code runs out."""
    WITHDRAWN = "withdrawn"
    """Cancelled: what it says no longer held when its turn came."""
    SET_ASIDE = "set_aside"
    """Failed: it could not be worked on; ``set_aside_because`` says why."""
    KEY_LOST = "key_lost"
    """Cancelled: the key it was sealed with is gone, so nobody can open it any more."""
    GAVE_UP = "gave_up"
    """Failed: attempts for about three days led nowhere."""


# Written out in full wherever they are used: a partial index serves a query only when the
# query says the index's condition word for word, and a bound parameter does not.
QUEUED = text("state = 'queued'")
SENDING = text("state = 'sending'")
WAITING = text("state IN ('queued', 'held')")
KEPT = text("bytes_until IS NOT NULL")
SET_ASIDE = text("set_aside_because IS NOT NULL")
FAILED = text("state = 'failed'")


def _only(name: str, *columns: str, where: TextClause) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class OutboxMessage(Base):
    """One mail to one recipient. Its states are those of :class:`State`.

    ``sealed_bytes`` holds the whole RFC 5322 message while it waits and is emptied when the
    message reaches an end, so links and codes do not outlive their use here. Only a failed
    message keeps them, until ``bytes_until``, so that it can be sent after all.
    """

    __tablename__ = "outbox_messages"
    __table_args__ = (
        _only("ix_outbox_messages_turn", "lane", "due_at", "id", where=QUEUED),
        _only("ix_outbox_messages_lease", "lease_until", where=SENDING),
        _only("ix_outbox_messages_expiry", "expires_at", where=WAITING),
        _only("ix_outbox_messages_kept", "bytes_until", where=KEPT),
        _only("ix_outbox_messages_set_aside", "id", where=SET_ASIDE),
        _only("ix_outbox_messages_failed", "state", "finished_at", where=FAILED),
        _only(
            "ix_outbox_messages_ended",
            *("ended_because", "state", "id"),
            where=text("ended_because IS NOT NULL"),
        ),
        Index("ix_outbox_messages_state_id", "state", "id"),
        Index("ix_outbox_messages_kind_id", "kind", "id"),
        Index("ix_outbox_messages_rcpt_key_id", "rcpt_key", "id"),
        Index("ix_outbox_messages_rcpt_domain_id", "rcpt_domain", "id"),
        Index("ix_outbox_messages_created_at", "created_at"),
        Index("ix_outbox_messages_sent_at", "sent_at"),
        Index("ix_outbox_messages_finished_at", "finished_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    # Names the row in addresses of pages and in the seal, without telling how much was sent.
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    # 0 is the express lane, for mail that somebody sits and waits for; it goes first.
    lane: Mapped[int] = mapped_column(SmallInteger, default=1)
    state: Mapped[str] = mapped_column(String(12), default="queued")
    # A subject without anything secret, for the activity page.
    label: Mapped[str] = mapped_column(String(200))
    mail_from: Mapped[str] = mapped_column(String(320))
    rcpt_to: Mapped[str] = mapped_column(String(320))
    rcpt_key: Mapped[str] = mapped_column(String(320))
    rcpt_domain: Mapped[str] = mapped_column(String(255))
    message_id: Mapped[str] = mapped_column(String(320))
    size: Mapped[int]
    sealed_bytes: Mapped[str | None] = mapped_column(Text)
    bytes_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    # Raised by every claim: a worker whose lease ran out cannot settle with an older fence.
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Claims that nobody settled and that no longer count, since a person had it sent again.
    forgiven: Mapped[int] = mapped_column(default=0, server_default="0")
    last_code: Mapped[str | None] = mapped_column(String(32))
    last_phase: Mapped[str | None] = mapped_column(String(16))
    last_reply_code: Mapped[int | None]
    last_enhanced_code: Mapped[str | None] = mapped_column(String(12))
    last_failure: Mapped[Failure | None] = failure_in("last_")
    # Why it ended without being sent, see :class:`Ended`.
    ended_because: Mapped[str | None] = mapped_column(String(24))
    # Why it could not be worked on at all; it waits for a person.
    set_aside_because: Mapped[str | None] = mapped_column(String(200))
    # What must still hold when it is sent, such as ``token:17``; asked at every claim.
    stands_on: Mapped[str | None] = mapped_column(String(80))
    # The request that caused it, as log lines call it.
    correlation_id: Mapped[str | None] = mapped_column(String(64))


class OutboxAttempt(Base):
    """One try at one message. Server text is never kept."""

    __tablename__ = "outbox_attempts"
    __table_args__ = (Index("ix_outbox_attempts_message_id_id", "message_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    message_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("outbox_messages.id", ondelete="CASCADE")
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    phase: Mapped[str | None] = mapped_column(String(16))
    code: Mapped[str | None] = mapped_column(String(32))
    reply_code: Mapped[int | None]
    enhanced_code: Mapped[str | None] = mapped_column(String(12))
    failure: Mapped[Failure | None] = failure_in()
    duration_ms: Mapped[int]


class MailWorker(Base):
    """A process that delivers, for as long as it says so. The row goes at a clean stop."""

    __tablename__ = "mail_workers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(String(253))
    pid: Mapped[int]
    # ``embedded`` in a web process, ``worker`` or ``drain``: a command of its own.
    process: Mapped[str] = mapped_column(String(12))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Those that it may use of a relay that allows only so many.
    connections: Mapped[int] = mapped_column(default=0, server_default="0")


class MailPace(Base):
    """How many messages were begun in a short time from ``moment`` on, for a relay that allows only
    so many in a while."""

    __tablename__ = "mail_pace"

    moment: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    begun: Mapped[int]


class MailQuarter(Base):
    """What ended in a quarter of an hour, kept when the mails themselves are gone.

    ``quarter`` counts quarters of an hour since 1970 in UTC: days begin with one in every time
    zone. ``hand_over`` is how many were sent how long after they were queued, as
    :mod:`app.outbox.hand_over` writes it.
    """

    __tablename__ = "mail_quarters"

    quarter: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sent: Mapped[int]
    failed: Mapped[int]
    expired: Mapped[int]
    hand_over: Mapped[str] = mapped_column(Text, default="", server_default="")


# The same as tables, for statements that run once or twice for every message.
MESSAGES = cast(Table, OutboxMessage.__table__)
ATTEMPTS = cast(Table, OutboxAttempt.__table__)
