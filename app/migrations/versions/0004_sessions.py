"""Sessions and known browsers as rows; numbers that are never given out twice

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Their numbers stand in forms and addresses, so one of them must always mean the same row.
NUMBERED = ("users", "memberships", "invitations")


def upgrade() -> None:
    op.create_table(
        "known_devices",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("user_id", ROW_ID, nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_known_devices_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_devices")),
        sa.UniqueConstraint(
            "secret_hash", "user_id", name=op.f("uq_known_devices_secret_hash_user_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_known_devices_user_id", "known_devices", ["user_id"])
    op.create_index("ix_known_devices_last_used_at", "known_devices", ["last_used_at"])
    op.create_table(
        "user_sessions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("user_id", ROW_ID, nullable=False),
        sa.Column("known_device_id", ROW_ID, nullable=True),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("ip", sa.String(45), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_sessions_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["known_device_id"],
            ["known_devices.id"],
            name=op.f("fk_user_sessions_known_device_id_known_devices"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_user_sessions_secret_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])
    op.create_index("ix_user_sessions_known_device_id", "user_sessions", ["known_device_id"])
    op.create_index("ix_user_sessions_last_seen_at", "user_sessions", ["last_seen_at"])
    op.add_column(
        "login_guards",
        sa.Column("code_asked", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    if op.get_context().dialect.name != "sqlite":
        op.drop_column("users", "session_stamp")
        return
    for table in NUMBERED:
        with op.batch_alter_table(
            table, recreate="always", table_kwargs={"sqlite_autoincrement": True}
        ) as batch:
            if table == "users":
                batch.drop_column("session_stamp")
    _never_again_the_number_of_somebody_removed()


def downgrade() -> None:
    # Whoever is signed in has to sign in again: the earlier version knows no such cookie.
    stamp = sa.Column("session_stamp", sa.String(32), nullable=False, server_default="")
    if op.get_context().dialect.name == "sqlite":
        for table in NUMBERED:
            with op.batch_alter_table(
                table, recreate="always", table_kwargs={"sqlite_autoincrement": False}
            ) as batch:
                if table == "users":
                    batch.add_column(stamp)
    else:
        op.add_column("users", stamp)
        op.alter_column("users", "session_stamp", server_default=None)
    with op.batch_alter_table("login_guards") as batch:
        batch.drop_column("code_asked")
    op.drop_table("user_sessions")
    op.drop_table("known_devices")


def _never_again_the_number_of_somebody_removed() -> None:
    """SQLite goes on after the highest number it sees; the audit log remembers higher ones."""
    op.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'users', 0"
        " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'users')"
    )
    op.execute(
        "UPDATE sqlite_sequence SET seq ="
        " max(seq, (SELECT coalesce(max(actor_id), 0) FROM audit_events))"
        " WHERE name = 'users'"
    )
