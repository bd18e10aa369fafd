"""Audit events as rows of a chain, what holds the chain's end, and keys that signed it before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, JsonColumn, RowId, UtcDateTime


class AuditEvent(Base):
    """Who did what to whom. ``digest`` covers every other column and the digest before it.

    ``key_id`` names the install's key under which it is a signature (HMAC). Without one it is a
    bare checksum: an event of a release that had no key for the chain, or one that was written
    while the install's key was missing.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_tag_id", "tag", "id"),
        Index("ix_audit_events_at", "at"),
    )

    # The position in the chain is assigned under the chain's lock, so there are no gaps.
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(RowId)
    actor: Mapped[str] = mapped_column(String(320))
    ip: Mapped[str | None] = mapped_column(String(45))
    tag: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(320))
    changes: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str | None] = mapped_column(Text)


class AuditAnchor(Base):
    """The newest signed event, signed once more: events missing at the end show by it. One row."""

    __tablename__ = "audit_anchor"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    event_id: Mapped[int] = mapped_column(RowId)
    digest: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(Text)
    mac: Mapped[str] = mapped_column(String(64))


class AuditKey(Base):
    """A signing key that a newer one followed, kept sealed so that old events can be checked."""

    __tablename__ = "audit_keys"

    key_id: Mapped[str] = mapped_column(Text, primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
