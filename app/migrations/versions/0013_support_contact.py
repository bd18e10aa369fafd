"""Whom people ask when mail does not work, kept with the install

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("install", sa.Column("support_contact", sa.String(200), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("install") as table:
        table.drop_column("support_contact")
