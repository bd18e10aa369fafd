"""People and the secrets that prove who they are, as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, composite, mapped_column

from app.database import NEVER_REUSED, Base, JsonColumn, RowId, UtcDateTime
from app.mail.addresses import Address
from app.web.guards import NOT_YOURS, Denial, Permission

UNVERIFIED = Denial(
    "Verify your address first",
    "You are an install administrator, but nobody has yet opened the link that was mailed to"
    " your address. Until then the system console stays closed to you.",
    "Open the link in that mail, or have it sent again from your account page.",
    "/account",
    "Go to your account",
)


class User(Base):
    """A person. ``email_key`` is what their address is looked up by, equal in both databases."""

    __tablename__ = "users"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    address: Mapped[Address] = composite("email", "email_key")
    name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pending_email: Mapped[str | None] = mapped_column(String(320))
    is_install_admin: Mapped[bool] = mapped_column(default=False)
    # The first administrator and those made from the shell may work before verifying.
    verification_waived: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # A name as in app.zones; none for the install's.
    time_zone: Mapped[str | None] = mapped_column(String(64))

    # What flask-login asks of a user.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def denial(self, permission: Permission) -> Denial | None:
        """Why this person lacks a permission, or ``None`` when they have it."""
        if permission is not Permission.SYSTEM_CONFIGURE or not self.is_install_admin:
            return NOT_YOURS
        if self.email_verified_at is None and not self.verification_waived:
            return UNVERIFIED
        return None

    def __repr__(self) -> str:
        return f"User({self.id})"


class UserSession(Base):
    """Somebody signed in with one browser. The cookie holds the secret, the row its hash."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        Index("ix_user_sessions_user_id", "user_id"),
        Index("ix_user_sessions_known_device_id", "known_device_id"),
        Index("ix_user_sessions_last_seen_at", "last_seen_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(RowId, ForeignKey("users.id", ondelete="CASCADE"))
    known_device_id: Mapped[int | None] = mapped_column(
        RowId, ForeignKey("known_devices.id", ondelete="SET NULL")
    )
    # How it began: one of app.accounts.sessions.Way.
    way: Mapped[str] = mapped_column(String(16))
    # The browser in short words, such as "Firefox on Linux".
    device: Mapped[str] = mapped_column(String(64))
    # Where it was last seen from.
    ip: Mapped[str | None] = mapped_column(String(45))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KnownDevice(Base):
    """A browser this person proved themselves in before. It has failures and a lock of its own.

    One browser has one secret, of which the hash is stored, and a row for each of its people.
    """

    __tablename__ = "known_devices"
    __table_args__ = (
        UniqueConstraint("secret_hash", "user_id"),
        Index("ix_known_devices_user_id", "user_id"),
        Index("ix_known_devices_last_used_at", "last_used_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(RowId, ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Token(Base):
    """A link secret, stored hashed. Claimed by one conditional UPDATE, so it works once."""

    __tablename__ = "tokens"
    __table_args__ = (Index("ix_tokens_user_id_purpose", "user_id", "purpose"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(24))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(RowId, ForeignKey("users.id", ondelete="CASCADE"))
    # What the link is bound to, e.g. the address it verifies.
    bound: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HandedLink(Base):
    """A link was shown to somebody who is not its owner; ``told_at``: the owner's mail is written.

    ``maker`` names who saw it, as the audit log does.
    """

    __tablename__ = "handed_links"
    __table_args__ = (
        Index("ix_handed_links_told_at", "told_at"),
        Index("ix_handed_links_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(RowId, ForeignKey("users.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(16))
    maker: Mapped[str] = mapped_column(String(320))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Code(Base):
    """A short secret typed by a person: one live per purpose and subject, tries counted here."""

    __tablename__ = "codes"
    __table_args__ = (UniqueConstraint("purpose", "subject"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    # A hash of the address for unlock; the browser's signup request for signup.
    subject: Mapped[str] = mapped_column(String(64))
    code_hash: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginGuard(Base):
    """Failed logins of one address, known or not: both leave the same row. Or of a known browser.

    Lifting a lock keeps the failures, so it gives no new ones within the same window.
    """

    __tablename__ = "login_guards"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    window_started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Whether a code was asked for when the lock began; there are only so many in 15 minutes.
    code_asked: Mapped[bool] = mapped_column(default=False, server_default=false())


class MailIntent(Base):
    """A request for a mail to an address somebody typed, before anybody looked whether it is known.

    Requests write this row for every address alike; the worker resolves it. So known and
    unknown addresses cost a request the same, by construction.
    """

    __tablename__ = "mail_intents"
    __table_args__ = (
        Index(
            "ix_mail_intents_waiting",
            "id",
            sqlite_where=text("set_aside_at IS NULL"),
            postgresql_where=text("set_aside_at IS NULL"),
        ),
        Index(
            "ix_mail_intents_set_aside",
            "set_aside_at",
            sqlite_where=text("set_aside_at IS NOT NULL"),
            postgresql_where=text("set_aside_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    address: Mapped[Address] = composite("email", "email_key")
    ip: Mapped[str | None] = mapped_column(String(45))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # One that cannot be worked on is kept for a while, for whoever finds out why.
    set_aside_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    set_aside_because: Mapped[str | None] = mapped_column(String(200))
