"""While mail does not work: whom people ask, and which invitations were handed over by hand

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("install", sa.Column("support_contact", sa.String(200), nullable=True))
    op.add_column(
        "invitations", sa.Column("handed_over_at", UtcDateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    with op.batch_alter_table("invitations") as table:
        table.drop_column("handed_over_at")
    with op.batch_alter_table("install") as table:
        table.drop_column("support_contact")
