"""One audit event as a row of the chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, JsonColumn, RowId, UtcDateTime


class AuditEvent(Base):
    """Who did what to whom. ``digest`` covers every other column and the digest before it."""

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
