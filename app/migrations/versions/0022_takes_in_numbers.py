"""What many take under one limit at the same moment is one row

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.Column("number", sa.Integer(), nullable=False, server_default="1")
    op.add_column("throttles", number)


def downgrade() -> None:
    with op.batch_alter_table("throttles") as table:
        table.drop_column("number")
