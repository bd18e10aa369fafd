"""How a relay is encrypted and greeted where nothing else tells, and where the last send failed

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # "auto" is what every configuration meant so far. The default stays in the database, so that
    # a process of the earlier version can still save while hosts are upgraded one by one.
    op.add_column(
        "mailer_configuration",
        sa.Column("encryption", sa.String(length=10), nullable=False, server_default="auto"),
    )
    op.add_column(
        "mailer_configuration", sa.Column("ehlo_name", sa.String(length=255), nullable=True)
    )
    op.add_column(
        "mail_health", sa.Column("last_failure_phase", sa.String(length=16), nullable=True)
    )


def downgrade() -> None:
    with op.batch_alter_table("mail_health", schema=None) as batch_op:
        batch_op.drop_column("last_failure_phase")
    with op.batch_alter_table("mailer_configuration", schema=None) as batch_op:
        batch_op.drop_column("ehlo_name")
        batch_op.drop_column("encryption")
