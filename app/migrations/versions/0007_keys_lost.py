"""Keys lost: a mail password whose key is gone is marked as one to be typed again

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default stays in the database, so that a process of the earlier version can still save
    # while hosts are upgraded one by one.
    op.add_column(
        "mailer_configuration",
        sa.Column("password_lost", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    with op.batch_alter_table("mailer_configuration", schema=None) as batch_op:
        batch_op.drop_column("password_lost")
