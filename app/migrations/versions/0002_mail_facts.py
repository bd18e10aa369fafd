"""Which configuration each fact about mail is of, refusals in a row, and who delivers

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What was recorded before the configuration was last saved is of another version, which nobody
# knows any more; what came after is of this one.
_SINCE_THE_SAVE = """
    UPDATE mail_health SET {column} = (
        SELECT version FROM mailer_configuration WHERE updated_at <= mail_health.{moment}
    )
"""


def upgrade() -> None:
    with op.batch_alter_table("mail_health") as table:
        table.add_column(sa.Column("last_success_version", sa.Integer(), nullable=True))
        table.add_column(sa.Column("last_failure_version", sa.Integer(), nullable=True))
        table.add_column(
            sa.Column("refusals_in_a_row", sa.Integer(), nullable=False, server_default="0")
        )
        table.add_column(
            sa.Column("refusals_counted", sa.Integer(), nullable=False, server_default="0")
        )
        table.add_column(sa.Column("refused_since", UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("refusals_version", sa.Integer(), nullable=True))
        table.add_column(sa.Column("paused_by", sa.String(length=320), nullable=True))
        table.add_column(sa.Column("pause_why", sa.String(length=300), nullable=True))
        table.add_column(sa.Column("resumed_at", UtcDateTime(timezone=True), nullable=True))
    for column, moment in (
        ("last_success_version", "last_success_at"),
        ("last_failure_version", "last_failure_at"),
    ):
        op.execute(_SINCE_THE_SAVE.format(column=column, moment=moment))
    op.create_table(
        "mail_workers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process", sa.String(length=12), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_workers")),
    )


def downgrade() -> None:
    op.drop_table("mail_workers")
    with op.batch_alter_table("mail_health") as table:
        for column in (
            "resumed_at",
            "pause_why",
            "paused_by",
            "refusals_version",
            "refused_since",
            "refusals_counted",
            "refusals_in_a_row",
            "last_failure_version",
            "last_success_version",
        ):
            table.drop_column(column)
