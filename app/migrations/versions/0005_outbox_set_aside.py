"""What cannot be worked on is set aside; a mail knows what it stands on; a list may end early

Columns are added and nothing else: SQLite need not copy a table for that, which would take the
attempts of its messages along.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_outbox_messages_set_aside", "outbox_messages", "id", "set_aside_because IS NOT NULL"),
    ("ix_mail_intents_waiting", "mail_intents", "id", "set_aside_at IS NULL"),
    ("ix_mail_intents_set_aside", "mail_intents", "set_aside_at", "set_aside_at IS NOT NULL"),
    (
        "ix_invitation_batch_lines_set_aside",
        "invitation_batch_lines",
        "id",
        "outcome = 'set-aside'",
    ),
)

MESSAGES, INTENTS, BATCHES = "outbox_messages", "mail_intents", "invitation_batches"


def upgrade() -> None:
    op.add_column(
        MESSAGES, sa.Column("forgiven", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(MESSAGES, sa.Column("set_aside_because", sa.String(length=200), nullable=True))
    op.add_column(MESSAGES, sa.Column("stands_on", sa.String(length=80), nullable=True))
    op.add_column(
        INTENTS, sa.Column("set_aside_at", UtcDateTime(timezone=True), nullable=True)
    )
    op.add_column(INTENTS, sa.Column("set_aside_because", sa.String(length=200), nullable=True))
    op.add_column(BATCHES, sa.Column("ended_because", sa.String(length=24), nullable=True))
    for name, table, column, where in INDEXES:
        only = sa.text(where)
        op.create_index(name, table, [column], sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name, table, _column, _where in INDEXES:
        op.drop_index(name, table_name=table)
    op.drop_column(BATCHES, "ended_because")
    for name in ("set_aside_because", "set_aside_at"):
        op.drop_column(INTENTS, name)
    for name in ("stands_on", "set_aside_because", "forgiven"):
        op.drop_column(MESSAGES, name)
