"""Whether the last test mail arrived: the phrase it carried, what somebody answered, and when

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail_health", sa.Column("last_test_phrase", sa.String(40), nullable=True))
    op.add_column("mail_health", sa.Column("last_test_arrived", sa.Boolean(), nullable=True))
    op.add_column(
        "mail_health",
        sa.Column("last_test_answered_at", UtcDateTime(timezone=True), nullable=True),
    )


def downgrade() -> None:
    with op.batch_alter_table("mail_health", schema=None) as batch_op:
        batch_op.drop_column("last_test_answered_at")
        batch_op.drop_column("last_test_arrived")
        batch_op.drop_column("last_test_phrase")
