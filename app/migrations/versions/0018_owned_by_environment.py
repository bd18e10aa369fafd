"""What the environment owned when this configuration was last seen

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import JsonColumn, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mailer_environment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("alone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("fingerprint", sa.String(140), nullable=True),
        sa.Column("secret_fingerprints", JsonColumn, nullable=False),
        sa.Column("values_now", JsonColumn, nullable=False),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("began_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_mailer_environment_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailer_environment")),
    )


def downgrade() -> None:
    op.drop_table("mailer_environment")
