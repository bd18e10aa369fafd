"""Links that an install administrator was shown, and whether their owners were told

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import RowId, UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handed_links",
        sa.Column("id", RowId, nullable=False),
        sa.Column("user_id", RowId, nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("maker", sa.String(320), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("told_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_handed_links_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_handed_links"),
    )
    op.create_index("ix_handed_links_told_at", "handed_links", ["told_at"])
    op.create_index("ix_handed_links_user_id", "handed_links", ["user_id"])


def downgrade() -> None:
    op.drop_table("handed_links")
