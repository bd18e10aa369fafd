"""The one install, as a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, JsonColumn, UtcDateTime

INSTALL_ID = 1


class Install(Base):
    """Exactly one row once setup has finished: its primary key is the guard of that race."""

    __tablename__ = "install"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=INSTALL_ID)
    access_url: Mapped[str] = mapped_column(String(500))
    access_url_version: Mapped[int] = mapped_column(default=1)
    setup_finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Whom people ask when mail does not work, as it goes on after "Ask".
    support_contact: Mapped[str | None] = mapped_column(String(200))
    # A name as in app.zones; none while nobody has chosen one, which is UTC.
    time_zone: Mapped[str | None] = mapped_column(String(64))


class SetupDraft(Base):
    """What the wizard was told so far. One row, gone when setup finishes."""

    __tablename__ = "setup_draft"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    answers: Mapped[dict[str, Any]] = mapped_column(JsonColumn)
    sealed_mail_password: Mapped[str | None] = mapped_column(Text)
    sealed_client_key: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
