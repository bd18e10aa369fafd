"""A time zone of the install and of each account

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("install", "users"):
        op.add_column(table, sa.Column("time_zone", sa.String(64), nullable=True))


def downgrade() -> None:
    for name in ("users", "install"):
        with op.batch_alter_table(name) as table:
            table.drop_column("time_zone")
