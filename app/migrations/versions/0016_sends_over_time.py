"""Sends over time; test mails and looks at the relay with their outcomes

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import RowId, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_quarters",
        sa.Column("quarter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("expired", sa.Integer(), nullable=False),
        sa.Column("hand_over", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("quarter", name="pk_mail_quarters"),
    )
    op.create_table(
        "mail_trials",
        sa.Column("id", RowId, nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(32), nullable=True),
        sa.Column("phase", sa.String(16), nullable=True),
        sa.Column("reply_code", sa.Integer(), nullable=True),
        sa.Column("enhanced_code", sa.String(12), nullable=True),
        sa.Column("asked_by", sa.String(320), nullable=True),
        sa.Column("rcpt_to", sa.String(320), nullable=True),
        sa.Column("rcpt_key", sa.String(320), nullable=True),
        sa.Column("rcpt_domain", sa.String(255), nullable=True),
        sa.Column("phrase", sa.String(40), nullable=True),
        sa.Column("arrived", sa.Boolean(), nullable=True),
        sa.Column("answered_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mail_trials"),
    )
    op.create_index("ix_mail_trials_what_id", "mail_trials", ["what", "id"])
    op.create_index("ix_mail_trials_at", "mail_trials", ["at"])


def downgrade() -> None:
    op.drop_table("mail_trials")
    op.drop_table("mail_quarters")
