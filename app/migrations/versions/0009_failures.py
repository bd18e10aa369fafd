"""What the relay answered to the last real send that failed, as for a pause and a test

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail_health", sa.Column("last_failure_reply_code", sa.Integer(), nullable=True))
    op.add_column(
        "mail_health", sa.Column("last_failure_enhanced_code", sa.String(length=12), nullable=True)
    )


def downgrade() -> None:
    with op.batch_alter_table("mail_health") as table:
        table.drop_column("last_failure_enhanced_code")
        table.drop_column("last_failure_reply_code")
