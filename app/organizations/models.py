"""Organizations, who belongs to them and who was asked to, as rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, composite, mapped_column

from app.database import NEVER_REUSED, Base, RowId, UtcDateTime
from app.mail.addresses import Address

ROLES = ("admin", "member")


class Organization(Base):
    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Membership(Base):
    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("organization_id", "user_id"),
        Index("ix_memberships_user_id", "user_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("organizations.id", ondelete="CASCADE")
    )
    user_id: Mapped[int] = mapped_column(RowId, ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Invitation(Base):
    """An invitation bound to address, organization and role. Its link secret is stored hashed."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index("ix_invitations_organization_id_id", "organization_id", "id"),
        # One open invitation per address and organization, whoever invites at the same moment.
        # One that ran out is revoked before the next is written.
        Index(
            "uq_invitations_open",
            "organization_id",
            "email_key",
            unique=True,
            sqlite_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("organizations.id", ondelete="CASCADE")
    )
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    address: Mapped[Address] = composite("email", "email_key")
    role: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(
        RowId, ForeignKey("users.id", ondelete="SET NULL")
    )
    message_public_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Since when somebody else than the invited person has seen the link that works now.
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InvitationBatch(Base):
    """A pasted list of addresses, worked off in small steps by whoever comes by."""

    __tablename__ = "invitation_batches"
    __table_args__ = (Index("ix_invitation_batches_organization_id", "organization_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    organization_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("organizations.id", ondelete="CASCADE")
    )
    role: Mapped[str] = mapped_column(String(12))
    created_by_id: Mapped[int | None] = mapped_column(
        RowId, ForeignKey("users.id", ondelete="SET NULL")
    )
    ip: Mapped[str | None] = mapped_column(String(45))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Why the rest was not done, see :class:`app.organizations.members.Lost`.
    ended_because: Mapped[str | None] = mapped_column(String(24))
    # The request that brought it, as log lines call it: its mails carry it on.
    correlation_id: Mapped[str | None] = mapped_column(String(64))


class InvitationBatchLine(Base):
    """One address of a list and what became of it; ``outcome`` is empty until its turn comes."""

    __tablename__ = "invitation_batch_lines"
    __table_args__ = (
        Index("ix_invitation_batch_lines_batch_id_id", "batch_id", "id"),
        Index(
            "ix_invitation_batch_lines_waiting",
            "id",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
        Index(
            "ix_invitation_batch_lines_set_aside",
            "id",
            sqlite_where=text("outcome = 'set-aside'"),
            postgresql_where=text("outcome = 'set-aside'"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("invitation_batches.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    typed: Mapped[str] = mapped_column(String(320))
    outcome: Mapped[str | None] = mapped_column(String(20))
    detail: Mapped[str | None] = mapped_column(String(300))


class SignupRequest(Base):
    """One browser's way through signing up (Cloud). The browser's half is stored hashed.

    ``confirmed_at`` is set by the code, ``completed_at`` by the account: each step once.
    """

    __tablename__ = "signup_requests"
    __table_args__ = (Index("ix_signup_requests_expires_at", "expires_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    address: Mapped[Address] = composite("email", "email_key")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
