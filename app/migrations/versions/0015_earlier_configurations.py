"""Configurations that were in force before this one

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import JsonColumn, RowId, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mailer_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("settings", JsonColumn, nullable=False),
        sa.Column("secrets", JsonColumn, nullable=False),
        sa.Column("secret_changes", JsonColumn, nullable=True),
        sa.Column("saved_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", RowId, nullable=True),
        sa.Column("saved_by", sa.String(320), nullable=False),
        sa.Column("way", sa.String(12), nullable=True),
        sa.Column("restores", sa.Integer(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("sent", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_sent_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("test_passed_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_mailer_versions")),
    )


def downgrade() -> None:
    op.drop_table("mailer_versions")
