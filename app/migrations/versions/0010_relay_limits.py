"""What a relay allows, kept over all processes: connections in use, and how many messages when

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default stays: a process of the earlier version leaves signs of life without it.
    op.add_column(
        "mail_workers",
        sa.Column("connections", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_table(
        "mail_pace",
        sa.Column("moment", UtcDateTime(timezone=True), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("moment", name=op.f("pk_mail_pace")),
    )


def downgrade() -> None:
    op.drop_table("mail_pace")
    with op.batch_alter_table("mail_workers") as table:
        table.drop_column("connections")
