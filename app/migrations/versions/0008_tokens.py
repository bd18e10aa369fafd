"""Logging in with tokens: who asks for them, the tokens, and sign-ins that are under way

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import RowId, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("cloud", sa.String(length=20), nullable=True),
        sa.Column("tenant_id", sa.String(length=255), nullable=True),
        sa.Column("client_id", sa.String(length=255), nullable=True),
        sa.Column("client_credential", sa.String(length=12), nullable=True),
        sa.Column("client_secret_ends", sa.String(length=10), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("certificate_ends_at", UtcDateTime(timezone=True), nullable=True),
    ]


def upgrade() -> None:
    # Every configuration so far logs in with a password. The default stays in the database, so
    # that a process of the earlier version can still save while hosts are upgraded one by one.
    op.add_column(
        "mailer_configuration",
        sa.Column("login_method", sa.String(length=20), nullable=False, server_default="password"),
    )
    for column in _columns():
        op.add_column("mailer_configuration", column)
    op.create_table(
        "mailer_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("destination", sa.Text(), nullable=False, server_default=""),
        sa.Column("refresh_sealed", sa.Text(), nullable=True),
        sa.Column("access_sealed", sa.Text(), nullable=True),
        sa.Column("access_expires_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("connected_as", sa.String(length=320), nullable=True),
        sa.Column("connected_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("renewed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("failed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("failed_code", sa.String(length=32), nullable=True),
        sa.Column("failed_chip", sa.String(length=40), nullable=True),
        sa.Column("ask_again_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_mailer_tokens_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailer_tokens")),
    )
    op.create_table(
        "mailer_sign_ins",
        sa.Column("id", RowId, nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("state_digest", sa.String(length=64), nullable=True),
        sa.Column("browser_digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", RowId, nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=True),
        sa.Column("redirect", sa.String(length=300), nullable=True),
        sa.Column("user_code", sa.String(length=40), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("interval_seconds", sa.Integer(), nullable=True),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailer_sign_ins")),
        sa.UniqueConstraint("state_digest", name=op.f("uq_mailer_sign_ins_state_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_mailer_sign_ins_created_at", "mailer_sign_ins", ["created_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_mailer_sign_ins_created_at", table_name="mailer_sign_ins")
    op.drop_table("mailer_sign_ins")
    op.drop_table("mailer_tokens")
    with op.batch_alter_table("mailer_configuration", schema=None) as batch_op:
        for column in reversed(_columns()):
            batch_op.drop_column(column.name)
        batch_op.drop_column("login_method")
