"""Where alerts go, what is wrong now, what was said about it, and each message on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime

OPEN = text("closed_at IS NULL")
UNDER_WAY = text("state IN ('waiting', 'sending')")


class AlertTarget(Base):
    """An address that alerts go to. The address itself is a secret: of it, ``host`` and the last
    four signs are shown."""

    __tablename__ = "alert_targets"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    host: Mapped[str] = mapped_column(String(300))
    ending: Mapped[str] = mapped_column(String(4))
    url_sealed: Mapped[str | None] = mapped_column(Text)
    secret_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(320))
    # What became of the newest request, and the code of its outcome when it failed.
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    succeeded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(24))
    status: Mapped[int | None]
    # It said for good that it takes no more: nothing is sent until a test gets through.
    broken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When the next ping is due, for targets that are pinged.
    ping_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AlertIncident(Base):
    """Something that is wrong with mail, from when it began until it is over.

    ``state`` is how it is now, since ``since``; ``told`` is how people were told that it is. The
    row of the subject ``settings`` never closes: it knows which settings were told of last.
    """

    __tablename__ = "alert_incidents"
    __table_args__ = (
        Index(
            "uq_alert_incidents_open",
            "subject",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index("ix_alert_incidents_closed_at", "closed_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(24))
    code: Mapped[str] = mapped_column(String(40), default="", server_default="")
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    told: Mapped[str | None] = mapped_column(String(24))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AlertMessage(Base):
    """One thing that is said to every target. ``id`` is its ``webhook-id``, the same at each try;
    ``facts`` is everything that is told, and holds no recipient and no server text."""

    __tablename__ = "alert_messages"
    __table_args__ = (
        Index("ix_alert_messages_subject_at", "subject", "at"),
        Index("ix_alert_messages_at", "at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))
    type: Mapped[str] = mapped_column(String(40))
    incident_id: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    facts: Mapped[dict[str, Any]]


class AlertDelivery(Base):
    """A message on its way to one target: ``waiting``, ``sending``, then ``sent``, ``failed``, or
    ``superseded`` when something newer was to be said before it got through."""

    __tablename__ = "alert_deliveries"
    __table_args__ = (
        Index(
            "ix_alert_deliveries_due",
            "due_at",
            sqlite_where=UNDER_WAY,
            postgresql_where=UNDER_WAY,
        ),
        Index("ix_alert_deliveries_target_id", "target_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    message_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("alert_messages.id", ondelete="CASCADE"), index=True
    )
    target_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("alert_targets.id", ondelete="CASCADE")
    )
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(24))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
